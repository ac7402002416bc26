"""The stage `split` counts rows that occur several times, and keeps each in one part."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import split as stage
from pictures import folder as pictures
from project import write_params
from secateur.arrays import encoding, parts
from secateur.core.errors import InputError

SPLIT = {"test_size": 0.25, "validation_size": 0.2, "random_state": 42}
PARTS = ("train", "validation", "test")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[None]:
    with contextlib.chdir(tmp_path):
        yield


def split(data: dict[str, Any] | None = None, **how: Any) -> list[set[tuple[float, ...]]]:
    """The distinct rows of each part."""
    section = {"source": "t.csv", "standardize": False, **(data or {})}
    write_params(Path(), {"task": "regression", "data": section, "split": {**SPLIT, **how}})
    stage.main()
    learned = encoding.read("models/encoding.json")
    found = [parts.read(Path("data/split") / name, learned).rows() for name in PARTS]
    assert json.loads(Path("data/split/shape.json").read_text())["train_rows"] == len(found[0].x)
    assert sum(len(part.x) for part in found) == 120
    return [set(map(tuple, np.hstack(part).tolist())) for part in found]


def test_units_and_a_target_of_two_numbers_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{i / 8} kg,{i % 2}" for i in range(120)]
    Path("t.csv").write_text("\n".join(["a,y", *lines]))
    split(data={"numbers": ["a"]})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 4
    assert "'kg'" in printed[0]
    assert "task: binary" in printed[1]


def test_every_row_twice_is_told_and_kept_in_one_part(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{i / 8},{i % 7},{i % 5}" for i in range(60)]
    Path("t.csv").write_text("\n".join(["a,b,y", *lines, *lines]))
    found = split()
    printed = capsys.readouterr().out
    assert "60 distinct rows" in printed
    assert "120 rows" in printed
    assert not found[0] & found[1] | found[0] & found[2] | found[1] & found[2]
    found = split(duplicates="ignore")
    assert found[0] & found[2]
    content = json.loads(Path("models/data.json").read_text())
    assert f"{content['in_two_parts']} validation and test rows" in capsys.readouterr().out


def test_what_was_read_is_written_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{'?' if i == 7 else i % 50},{'NA' if i % 40 == 1 else i % 7},5,{i % 3}"
             for i in range(120)]  # fmt: skip
    Path("t.csv").write_text("\n".join(["a,b,c,y", *lines]))
    data = {"source": "t.csv", "missing_values": ["?"], "missing": "impute"}
    write_params(Path(), {"task": "multiclass", "data": data, "split": SPLIT})
    stage.main()
    written = Path("models/data.json").read_bytes()
    content = json.loads(written)
    learned = json.loads(Path("models/encoding.json").read_text())
    assert (content["source"], content["rows"], content["left_out"]) == ("t.csv", 120, 0)
    assert [(p["name"], p["rows"]) for p in content["parts"]] == [
        ("train", 72), ("validation", 18), ("test", 30)
    ]  # fmt: skip
    assert sum(level["count"] for p in content["parts"] for level in p["classes"]) == 120
    a, b, c, y = content["columns"]
    assert [column["missing"] for column in (a, b, c, y)] == [1, 3, 0, 0]
    assert a["counted_as_missing"] == [{"name": "?", "count": 1}]
    assert a["filled_with"] == learned["columns"][0]["median"]
    assert c["filled_with"] is None
    assert [(d["column"], d["line"]) for d in content["doubts"]] == [("c", "data: {drop: [c]}")]
    assert (content["inputs"], content["encoded"]) == (["a", "b", "c"], ["a", "b", "c"])
    train = parts.read(Path("data/split/train"), encoding.read("models/encoding.json"))
    for row, sample in enumerate(content["samples"]):
        np.testing.assert_allclose(sample["after"], train.inputs()[row], rtol=1e-5)
        assert sample["before"] == [None if np.isnan(v) else v for v in train.x[row]]
    printed = capsys.readouterr().out
    assert "72 train" in printed
    assert "data: {drop: [c]}" in printed
    stage.main()
    assert Path("models/data.json").read_bytes() == written


def test_arrays_are_told_with_their_shape(capsys: pytest.CaptureFixture[str]) -> None:
    x = np.random.default_rng(0).integers(0, 256, (120, 4, 4, 3), dtype=np.uint8)
    np.savez("t.npz", x=x, y=np.arange(120) / 7)
    data = {"source": "t.npz", "standardize": False}
    write_params(Path(), {"task": "regression", "data": data, "split": SPLIT})
    stage.main()
    assert "4×4×3 uint8" in capsys.readouterr().out
    content = json.loads(Path("models/data.json").read_text())
    assert sum(part["rows"] for part in content["parts"]) == 120
    assert max(part["target"]["greatest"] for part in content["parts"]) == 17
    assert all(sample["before"] == sample["after"] for sample in content["samples"])


def test_pixels_keep_their_type_and_their_size() -> None:
    x = np.random.default_rng(0).integers(0, 256, (120, 8, 8, 3), dtype=np.uint8)
    np.savez_compressed("t.npz", x=x, y=np.arange(120) % 3)
    data = {"source": "t.npz"}
    write_params(Path(), {"task": "multiclass", "data": data, "split": SPLIT})
    stage.main()
    learned = encoding.read("models/encoding.json")
    found = [parts.read(Path("data/split") / name, learned) for name in PARTS]
    assert {(part.x.dtype.str, part.y.dtype.str) for part in found} == {("|u1", "|u1")}
    assert sum(len(part) for part in found) == 120
    files = [path for path in Path("data/split").rglob("*") if path.is_file()]
    assert len(files) == 7
    assert sum(path.stat().st_size for path in files) < 1.2 * Path("t.npz").stat().st_size
    stored = np.concatenate([part.x for part in found]).reshape(120, -1)
    np.testing.assert_array_equal(np.unique(stored, axis=0), np.unique(x.reshape(120, -1), axis=0))
    some = found[0].batch(np.array([5, 1]))
    item: Any = learned.columns[0]
    expected = (found[0].x[[5, 1]].astype(float) - x.mean()) / x.std()
    np.testing.assert_allclose(some.x, expected, atol=0.05)
    np.testing.assert_array_equal(
        some.x, ((found[0].x[[5, 1]].astype(float) - item.mean) / item.std).astype(np.float32)
    )


def test_a_folder_of_pictures_is_split_by_class() -> None:
    pictures(Path("p"), {"cat": 60, "dog": 60}, height=4, width=4)
    data = {"source": "p", "image": {"size": [3, 2], "resize": "crop"}}
    write_params(Path(), {"task": "binary", "data": data, "split": SPLIT})
    stage.main()
    learned = encoding.read("models/encoding.json")
    assert learned.target.classes == ["cat", "dog"]
    assert learned.shape == [3, 2, 3]
    found = [parts.read(Path("data/split") / name, learned) for name in PARTS]
    assert [part.x.shape for part in found] == [(72, 3, 2, 3), (18, 3, 2, 3), (30, 3, 2, 3)]
    assert {part.x.dtype.str for part in found} == {"|u1"}
    assert [part.y.sum() for part in found] == [36, 9, 15]


def test_a_tables_cells_are_kept_exactly_and_filled_in_when_read() -> None:
    number, word = np.random.default_rng(0).normal(size=120), np.array(["a", "b", "c"] * 40)
    lines = [f"{number[i].item()!r},{word[i]},{i}" for i in range(120)]
    lines[7], lines[50] = f",{word[7]},7", "0.1,,50"
    Path("t.csv").write_text("\n".join(["n,w,y", *lines]))
    split(data={"missing": "impute", "standardize": True})
    learned = encoding.read("models/encoding.json")
    n: Any
    w: Any
    n, w = learned.columns
    for name in PARTS:
        part = parts.read(Path("data/split") / name, learned)
        rows = part.rows()
        for stored, y, x in zip(part.x, part.y[:, 0].astype(int), rows.x, strict=True):
            expected = {7: np.nan, 50: 0.1}.get(y, number[y])
            np.testing.assert_array_equal(stored[0], expected)
            filled = n.median if y == 7 else expected
            assert x[0] == np.float32((filled - n.mean) / n.std)
            level = w.most_frequent if y == 50 else word[y]
            assert x[1:].tolist() == [float(level == known) for known in "abc"]


@pytest.mark.parametrize(("cell", "words"), [("1e39", "finite"), ("3e38", "after scaling")])
def test_a_number_that_cannot_be_scaled_leaves_nothing(cell: str, words: str) -> None:
    lines = [f"{i / 1000},{i}" for i in range(120)]
    lines[int(np.random.RandomState(42).permutation(120)[0])] = f"{cell},0"  # a test row
    Path("t.csv").write_text("\n".join(["n,y", *lines]))
    with pytest.raises(InputError, match=words):
        split(data={"standardize": True})
    assert not Path("data/split").exists()
    assert not Path("models").exists()


def test_the_test_rows_that_a_column_names_are_written_and_teach_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The mean that scales is that of the training rows alone; the column is no input."""
    rows = [f"{i / 8 + 1000 * (i >= 100)},{'test' if i >= 100 else 'train'},{i % 7}"
            for i in range(120)]  # fmt: skip
    Path("t.csv").write_text("\n".join(["a,part,y", *rows]))
    found = split(data={"standardize": True}, column="part")
    assert [len(part) for part in found] == [80, 20, 20]
    learned = encoding.read("models/encoding.json")
    train, test = (
        parts.read(Path("data/split") / name, learned).rows().x for name in ("train", "test")
    )
    assert train.shape[1] == 1
    assert train.mean() == pytest.approx(0, abs=1e-6)
    assert test.min() > 100
    printed = capsys.readouterr().out
    assert "80 rows train, 20 validate, 20 test" in printed
    assert "no validation rows" in printed


def test_no_patient_stands_in_two_parts() -> None:
    rows = [f"{i / 8},{i // 6 / 8},p{i // 6},{i % 7}" for i in range(120)]
    Path("t.csv").write_text("\n".join(["a,age,patient,y", *rows]))
    ages = [{row[1] for row in part} for part in split(group="patient")]
    assert [len(part) for part in ages] == [12, 3, 5]
    assert not ages[0] & ages[1] | ages[0] & ages[2] | ages[1] & ages[2]
