"""What a source holds is found before it is split, with the keys that settle what is doubtful."""

import gzip
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from secateur.core import params
from secateur.core.errors import InputError
from secateur.data import findings, found, looking, reading
from secateur.data.found import Doubt, Findings
from secateur.data.parameters import Data

N = 60


def find(path: Path | str, has_target: bool = True, **data: Any) -> Findings:
    return findings.find(settings(path, **data), has_target=has_target)


def settings(path: Path | str, **data: Any) -> Data:
    checked: Data = params.validate(Data, {"source": str(path), **data}, "params.yaml: data")
    return checked


def csv(tmp_path: Path, separator: str = ",", **columns: Iterable[Any]) -> Path:
    path = tmp_path / "t.csv"
    rows = zip(*columns.values(), strict=True)
    lines = [separator.join(map(str, row)) for row in [[*columns], *rows]]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path


def table(tmp_path: Path, **columns: Iterable[Any]) -> Path:
    """A table of one good input, a class, and these columns."""
    good = [(7 * i) % 31 / 4 for i in range(N)]
    return csv(tmp_path, good=good, y=["ABC"[i % 3] for i in range(N)], **columns)


def doubt(result: Findings, column: str) -> Doubt:
    (only,) = [doubt for doubt in result.doubts if doubt.column == column]
    return only


def test_columns_are_counted(tmp_path: Path) -> None:
    a = ["NA" if i == 4 else "" if i in (7, 8) else i % 5 for i in range(N)]
    result = find(table(tmp_path, a=a, color=["red", "blue"] * 30), missing="impute")
    assert (result.rows, result.looked_at, result.target) == (N, N, "y")
    assert [(c.name, c.role, c.kind) for c in result.columns] == [
        ("good", "input", "number"), ("y", "target", "category"),
        ("a", "input", "number"), ("color", "input", "category"),
    ]  # fmt: skip
    own = result.column("a")
    assert (own.missing, own.distinct) == (3, 5)
    assert [(text.name, text.count) for text in own.counted_as_missing] == [("", 2), ("NA", 1)]
    assert own.numbers is not None
    assert (own.numbers.least, own.numbers.median, own.numbers.greatest) == (0, 2, 4)
    assert sum(own.numbers.histogram) == N - 3
    assert [(level.name, level.count) for level in result.column("y").levels] == [
        ("A", 20), ("B", 20), ("C", 20)
    ]  # fmt: skip
    assert result.doubts == ()


CASES = {
    "code": ([10115 + i % 7 for i in range(N)], {"categorical": ["q"]}),
    "date": ([f"2020-01-{i % 28 + 1:02d}" for i in range(N)], {"drop": ["q"]}),
    "identifier": (range(N), {"drop": ["q"]}),
    "constant": ([5] * N, {"drop": ["q"]}),
    "empty": ([""] * N, {"drop": ["q"]}),
    "leak": (["abc"[i % 3] for i in range(N)], {"drop": ["q"]}),
    "placeholder": (
        [-999 if i % 20 == 0 else i % 9 for i in range(N)],
        {"missing_values": ["-999"], "missing": "impute"},
    ),
    "missing": (["" if i == 3 else i % 9 for i in range(N)], {"missing": "impute"}),
}


@pytest.mark.parametrize("kind", CASES)
def test_a_doubt_names_the_keys_that_settle_it(tmp_path: Path, kind: str) -> None:
    cells, settles = CASES[kind]
    path = table(tmp_path, q=cells)
    found_doubt = doubt(find(path), "q")
    assert (found_doubt.kind, found_doubt.settles) == (kind, settles)
    settled = settings(path, **settles)
    assert find(path, **settles).doubts == ()
    assert len(reading.read(settled, "multiclass").target) == N


def test_text_that_is_all_different_is_an_identifier(tmp_path: Path) -> None:
    assert doubt(find(table(tmp_path, q=[f"name {i}" for i in range(N)])), "q").kind == "identifier"


@pytest.mark.parametrize(
    ("cells", "data"),
    [
        (["99999999" if i % 20 == 0 else i % 9 for i in range(N)], ["99999999"]),
        (["-999.0" if i % 20 == 0 else f"{i % 9}.5" for i in range(N)], ["-999.0"]),
        (["-1" if i % 20 == 0 else i % 9 + 50 for i in range(N)], ["-1"]),
    ],
)
def test_placeholders_are_named_as_they_are_spelled(
    tmp_path: Path, cells: list[Any], data: list[str]
) -> None:
    settles = doubt(find(table(tmp_path, q=cells)), "q").settles
    assert settles["missing_values"] == data


@pytest.mark.parametrize(
    "cells",
    [
        [i % 50 + 50 for i in range(N)],  # 99 is one of many
        [i % 4 - 1 for i in range(N)],  # -1, 0, 1, 2
        [2000 + i % 20 for i in range(N)],  # years
        [30_000 + 731 * i for i in range(N)],  # salaries
        [30_000 + 500 * (i % 8) for i in range(N)],  # in steps
    ],
)
def test_what_is_no_placeholder_and_no_code_raises_no_doubt(tmp_path: Path, cells: Any) -> None:
    assert find(table(tmp_path, q=cells)).doubts == ()


def test_a_placeholder_that_is_a_number_elsewhere_is_not_made_missing_there(tmp_path: Path) -> None:
    q = [-999 if i % 20 == 0 else i % 9 for i in range(N)]
    both = [doubt.settles for doubt in find(table(tmp_path, q=q, r=q[::-1])).doubts]
    assert both == 2 * [{"missing_values": ["-999"], "missing": "impute"}]
    wide = [-999 + 37 * i for i in range(N)]
    assert doubt(find(table(tmp_path, q=q, r=wide)), "q").settles == {"drop": ["q"]}


def test_a_placeholder_with_a_decimal_comma_is_named_as_it_is_spelled(tmp_path: Path) -> None:
    q = ["-999,0" if i % 20 == 0 else f"{i % 9},5" for i in range(N)]
    path = csv(tmp_path, ";", q=q, r=q[::-1], y=["ABC"[i % 3] for i in range(N)])
    settles = doubt(find(path, separator=";", decimal=","), "q").settles
    assert settles["missing_values"] == ["-999,0"]


def test_a_column_of_chosen_features_is_left_out_of_them(tmp_path: Path) -> None:
    path = table(tmp_path, q=[f"2020-01-{i % 28 + 1:02d}" for i in range(N)])
    chosen = ["good", "q"]
    assert doubt(find(path, features=chosen), "q").settles == {"features": ["good"]}
    assert doubt(find(path, target="q", drop=["y"]), "q").settles == {}


def test_a_target_that_is_a_number_leaks_by_correlation(tmp_path: Path) -> None:
    y = [(11 * i) % 37 for i in range(N)]
    path = csv(tmp_path, a=[i % 7 for i in range(N)], twice=[2 * v + 1e-4 * (v % 3) for v in y],
               same=y, y=y)  # fmt: skip
    assert {d.column: d.kind for d in find(path).doubts} == {"twice": "leak", "same": "leak"}


def test_a_remedy_is_one_that_works(tmp_path: Path) -> None:
    """Of those that the refusal names; tried on all cells."""
    comma = [f"{i},{i % 10}5" for i in range(N)]
    y = ["ABC"[i % 3] for i in range(N)]
    path = csv(tmp_path, ";", a=comma, y=y)
    assert doubt(find(path, separator=";"), "a").settles == {"decimal": ","}
    path = csv(tmp_path, a=["EU" if i % 3 else "NA" for i in range(N)], y=y)
    assert doubt(find(path), "a").settles == {"verbatim": ["a"]}
    path = csv(tmp_path, a=[f"0{i % 7}" for i in range(N)], y=y)
    assert doubt(find(path), "a").settles == {"categorical": ["a"]}
    path = csv(tmp_path, a=["?" if i == 5 else i % 17 for i in range(N)], y=y)
    assert doubt(find(path), "a").settles == {"missing_values": ["?"], "missing": "impute"}


def test_lines_are_yaml_and_hold_what_is_set_already(tmp_path: Path) -> None:
    cells = {"a b": [5] * N, "yes": [6] * N, "q": [7] * N}
    result = find(table(tmp_path, **cells), drop=["q"])
    assert [doubt.line for doubt in result.doubts] == [
        'data: {drop: [q, "a b"]}', 'data: {drop: [q, "yes"]}'
    ]  # fmt: skip
    assert found.merged(result.doubts) == {"drop": ["q", "a b", "yes"]}


def test_a_column_that_is_no_input_raises_no_doubt(tmp_path: Path) -> None:
    path = table(tmp_path, q=range(N))
    assert find(path, drop=["q"]).column("q").role == "left out"
    assert find(path, features=["good"]).doubts == ()


def test_without_a_target_every_column_is_an_input(tmp_path: Path) -> None:
    result = find(table(tmp_path), has_target=False, target="none")
    assert result.target is None
    assert {column.role for column in result.columns} == {"input"}
    with pytest.raises(InputError, match="no such column"):
        find(tmp_path / "t.csv", target="none")


def test_parquet_tells_the_same_as_csv(tmp_path: Path) -> None:
    path = table(tmp_path, q=[-999 if i % 20 == 0 else i % 9 for i in range(N)])
    rows = reading.csv_files.read(looking.at_csv(settings(path), path).start)  # type: ignore[arg-type, attr-defined]
    other = tmp_path / "t.parquet"
    pq.write_table(rows.append_column("more", pa.array([b"x"] * N)), other)
    one, two = find(path), find(other)
    assert [(c.kind, c.distinct, c.levels, c.numbers) for c in one.columns] == [
        (c.kind, c.distinct, c.levels, c.numbers) for c in two.columns[:-1]
    ]
    assert two.column("more").kind == "picture"
    assert doubt(two, "q").settles == {"drop": ["q"]}  # missing_values are of CSV only


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz", "t.parquet"])
def test_of_a_large_source_some_rows_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    rows = 3 * looking.ROWS_AT_ONCE
    text = "a,y\n" + "".join(f'{i % 7},"{"xy"[i % 2]}\n"\n' for i in range(rows))
    path = tmp_path / name
    if name == "t.parquet":
        columns = {"a": np.arange(rows) % 7, "y": np.arange(rows) % 2}
        pq.write_table(pa.table(columns), path)
    else:
        path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    monkeypatch.setattr(looking, "MOST", 20_000)
    result = find(path)
    assert result.rows == rows
    assert 0 < result.looked_at < rows
    assert result.column("y").distinct == 2


def test_arrays_are_described(tmp_path: Path) -> None:
    x, y = np.arange(N * 12, dtype=np.uint8).reshape(N, 2, 3, 2), np.arange(N) % 3
    np.savez(tmp_path / "t.npz", x=x, y=y)
    result = find(tmp_path / "t.npz")
    assert (result.rows, result.target) == (N, "y")
    own = result.column("x")
    assert (own.kind, own.type, own.shape) == ("array", "uint8", (2, 3, 2))
    assert [level.count for level in result.column("y").levels] == [20, 20, 20]
    np.savez(tmp_path / "t.npz", x_train=x, label_train=y, x_test=x[:9], label_test=y[:9])
    assert find(tmp_path / "t.npz", target="label").rows == N + 9
    assert find(tmp_path / "t.npz", has_target=False).rows == N + 9
    with pytest.raises(InputError, match="label"):
        find(tmp_path / "t.npz", target="lable")


def test_json_is_in_one_order(tmp_path: Path) -> None:
    written = found.to_json(find(table(tmp_path, q=[5] * N)))
    assert written == found.to_json(find(tmp_path / "t.csv"))
    content = json.loads(written)
    assert [*content][:4] == ["source", "rows", "looked_at", "target"]
    assert content["doubts"][0]["line"] == "data: {drop: [q]}"


def test_a_table_needs_neither_tensorflow_nor_pillow(tmp_path: Path) -> None:
    path = table(tmp_path)
    code = (
        "import sys; from secateur.data import findings; from secateur.data.parameters import Data;"
        f"findings.find(Data(source={str(path)!r}));"
        "assert not {'PIL', 'tensorflow', 'tf_keras'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_placeholder_among_targets_is_doubtful_and_a_class_is_not(tmp_path: Path) -> None:
    numbers = [f"{i / 7},{-999 if i % 9 == 0 else i / 3}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["a,y", *numbers]) + "\n")
    (doubt,) = findings.find(Data(source=str(tmp_path / "t.csv"))).doubts
    assert (doubt.column, doubt.kind) == ("y", "placeholder")
    assert doubt.settles == {"missing_values": ["-999"], "missing": "drop"}
    classes = [f"{i / 7},{(-1, 1, 2)[i % 3]}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["a,y", *classes]) + "\n")
    assert findings.find(Data(source=str(tmp_path / "t.csv"))).doubts == ()


@pytest.mark.parametrize(
    "x", [np.asfortranarray(np.arange(90.0).reshape(30, 3)), np.array([[1, "a"]] * 30, object),
          np.full((30, 2), np.inf)],
    ids=["fortran", "object", "infinite"],
)  # fmt: skip
def test_odd_arrays_are_described_without_a_traceback(tmp_path: Path, x: np.ndarray) -> None:
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(30) % 2)
    found = findings.find(Data(source=str(tmp_path / "a.npz")))
    assert found.rows == 30
    numbers = found.column("x").numbers
    assert x.dtype.kind != "f" or np.isinf(x).any() or (numbers and numbers.greatest == 89)
