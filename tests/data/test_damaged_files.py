"""Damaged, odd and hostile files, 1,500 of them: right rows or one line, at once, in little memory.

`test_reading_fuzz.py` draws random changes; here, every place of small files is changed in turn.
"""

import io
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from secateur.core.errors import InputError
from secateur.data import reading, sources
from user_data import read, refusal

ROWS = 12
FRAME = pd.DataFrame(
    {"a": np.arange(ROWS) / 8 + 3, "c": ["red", "green", "blue"] * 4, "y": np.arange(ROWS) / 4 + 1}
)
CSV = FRAME.to_csv(index=False).encode()
X = np.arange(ROWS * 4.0).reshape(ROWS, 2, 2)


def parquet(frame: pd.DataFrame = FRAME, **how: Any) -> bytes:
    content = io.BytesIO()
    frame.to_parquet(content, **how)
    return content.getvalue()


def npz(save: Any = np.savez) -> bytes:
    content = io.BytesIO()
    save(content, x=X, y=FRAME["y"].to_numpy())
    return content.getvalue()


FILES = {
    "csv": [CSV, CSV.replace(b"\n", b"\r\n")],
    "parquet": [parquet(), parquet(compression=None)],
    "npz": [npz(), npz(np.savez_compressed)],
}


def damages(content: bytes, places: int) -> Iterator[tuple[int, bytes]]:
    """The content cut off, and with a byte changed, at places all over it; and each place."""
    for at in np.unique(np.linspace(0, len(content) - 1, places).astype(int)).tolist():
        yield at, content[:at]
        for mask in (0x01, 0x80, 0xFF):
            yield at, content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :]


def attempt(path: Path, content: bytes, **data: Any) -> reading.Raw | None:
    """Read, or be refused with one line."""
    path.write_bytes(content)
    try:
        return read(path, **data)
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017
        assert str(path) in str(error)  # noqa: PT017
        return None


def rows(raw: reading.Raw) -> list[tuple[Any, ...]]:
    """Each row's cells, categories by name."""
    if isinstance(raw.inputs, np.ndarray):
        return [(*x.ravel().tolist(), y) for x, y in zip(raw.inputs, raw.target, strict=True)]
    columns = [
        c.values.tolist()
        if c.levels is None
        else [c.levels[i] if i >= 0 else None for i in c.values]
        for c in raw.inputs.values()
    ]
    return list(zip(*columns, raw.target.tolist(), strict=True))


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("kind", FILES)
def test_a_file_damaged_at_any_place(tmp_path: Path, kind: str, number: int) -> None:
    path, content, accepted, tried = tmp_path / f"t.{kind}", FILES[kind][number], 0, 0
    untouched = attempt(path, content)
    assert untouched is not None
    whole = rows(untouched)
    started = time.monotonic()
    for at, damaged in damages(content, 64):
        tried += 1
        raw = attempt(path, damaged, missing="impute")
        if raw is None:
            continue
        accepted += 1
        found = rows(raw)
        if kind == "npz":  # its checksums leave no other
            assert found == whole
        elif kind == "csv" and len(damaged) < len(content):
            complete = content[:at].count(b"\n") - 1  # rows before the cut
            assert found[:complete] == whole[:complete]
            assert len(found) <= complete + 1
        elif kind == "csv" and len(found) == len(whole) and at > content.index(b"\n") + 1:
            line = content[:at].count(b"\n") - 1
            others = [i for i in range(ROWS) if i not in (line, line + 1)]
            same_kinds = [type(cell) for cell in found[0]] == [type(cell) for cell in whole[0]]
            if same_kinds:
                assert [found[i] for i in others] == [whole[i] for i in others]
    assert tried > 200
    assert accepted > 0 or kind == "parquet"
    assert time.monotonic() - started < 20


BOM = b"\xef\xbb\xbf"
EQUAL = {  # the same table in other bytes
    "bom": BOM + CSV,
    "cr": CSV.replace(b"\n", b"\r"),
    "crlf": CSV.replace(b"\n", b"\r\n"),
    "mixed line ends": CSV.replace(b"\n", b"\r\n", 5),
    "no last line end": CSV.rstrip(b"\n"),
    "empty lines": CSV.replace(b"\n", b"\n\n"),
    "quotes": b"\n".join(
        b",".join(b'"%s"' % cell for cell in line.split(b",")) for line in CSV.split()
    ),
}
ODD = {
    "utf-16": FRAME.to_csv(index=False).encode("utf-16"),
    "utf-16 without a mark": FRAME.to_csv(index=False).encode("utf-16-le"),
    "utf-32": FRAME.to_csv(index=False).encode("utf-32"),
    "latin": CSV.replace(b"red", b"r\xe9d"),
    "nul": CSV.replace(b"red", b"r\0d"),
    "nothing": b"",
    "a mark alone": BOM,
    "a header alone": b"a,c,y\n",
    "line ends": b"\n\r\n\r",
    "commas": b",,,\n,,,\n",
    "a quote that never ends": CSV + b'"1,2,3\n' * 5,
    "a quote in the header": b'"' + CSV,
    "columns twice": CSV.replace(b"a,c", b"a,a", 1),
    "a long line": b"a,c,y\n" + b"1" * 200_000 + b",r,1\n",
    "a long field": b"a,c,y\n" + b'1,"' + b"r" * 300_000 + b'",1\n2,b,2\n',
    "a long header": b"a" * 200_000 + b",c,y\n1,r,1\n",
    "many columns": b",".join(b"c%d" % i for i in range(5000)) + b"\n" + b"1," * 4998 + b"1\n",
    "a tar": b"ustar\0" * 100,
    "html": b"<!DOCTYPE html>\n<html><body>404, not found, y</body></html>\n",
    "json": b'[{"a": 1, "y": 2},\n {"a": 2, "y": 3}]\n',
}
ODD_NAMES = ["é", "名前", "🙂", "a b", "a|b", "<b>", "a\nb", "x" * 5000, "\u202ea", "-", "e\u0301"]


@pytest.mark.parametrize("name", EQUAL)
def test_the_same_table_in_other_bytes(tmp_path: Path, name: str) -> None:
    path = tmp_path / "t.csv"
    plain, other = attempt(path, CSV), attempt(path, EQUAL[name])
    assert plain is not None
    assert other is not None
    assert rows(other) == rows(plain)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, task: str) -> None:
    started = time.monotonic()
    assert attempt(tmp_path / "t.csv", ODD[name], missing="impute") is None
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_column_may_have_any_name(tmp_path: Path, name: str) -> None:
    for kind, content in (
        ("csv", FRAME.rename(columns={"a": name}).to_csv(index=False).encode()),
        ("parquet", parquet(FRAME.rename(columns={"a": name}))),
    ):
        raw = attempt(tmp_path / f"t.{kind}", content)
        assert raw is not None
        assert list(raw.inputs) == [name, "c"]


def member(header: bytes, data: bytes, version: bytes = b"\1\0") -> bytes:
    """A .npz whose `x` has this header and data."""
    content = io.BytesIO()
    y = io.BytesIO()
    np.save(y, np.arange(3.0))
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        size = len(header).to_bytes(2 if version == b"\1\0" else 4, "little")
        file.writestr("x.npy", b"\x93NUMPY" + version + size + header + data)
        file.writestr("y.npy", y.getvalue())
    return content.getvalue()


@pytest.mark.parametrize(
    "shape",
    ["(99999999999, 2)", "(1099511627776, 1099511627776)", "(3, 100000000)", "(3, 1)", "(-3, 2)",
     "(3, 2, 0)", "()", "(3.0, 2)", "(3, 'a')", "3", "[3, 2]", "(3, 2", "(True, 2)"],
)  # fmt: skip
@pytest.mark.parametrize("version", [b"\1\0", b"\2\0", b"\3\0", b"\xff\0"])
def test_a_header_that_claims_more_than_there_is(
    tmp_path: Path, shape: str, version: bytes
) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': %s, }\n" % shape.encode()
    tracemalloc.start()
    assert attempt(tmp_path / "t.npz", member(header, bytes(48), version)) is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6


def test_arrays_of_other_types_are_refused(tmp_path: Path) -> None:
    for descr in (
        "'|O'",
        "'<U5'",
        "'|V8'",
        "[('a', '<f8')]",
        "'<M8[s]'",
        "'<c16'",
        "'zzz'",
        "'|S8'",
    ):
        header = b"{'descr': %s, 'fortran_order': False, 'shape': (3, 2), }\n" % descr.encode()
        assert attempt(tmp_path / "t.npz", member(header, bytes(48))) is None
    header = b"{'descr': '<f8', 'fortran_order': True, 'shape': (3, 2), }\n"
    raw = attempt(tmp_path / "t.npz", member(header, np.arange(6.0).tobytes()))
    assert raw is not None
    assert rows(raw) == [(0, 3, 0), (1, 4, 1), (2, 5, 2)]


def test_a_small_file_that_unpacks_to_more_than_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources.os, "sysconf", lambda name: 1000)  # a million bytes
    np.savez_compressed(tmp_path / "t.npz", x=np.zeros((1000, 200)), y=np.arange(1000.0))
    assert (tmp_path / "t.npz").stat().st_size < 10_000
    assert "memory" in refusal(tmp_path / "t.npz")
    table = pa.table({"a": np.zeros(2_000_000), "y": np.zeros(2_000_000)})
    pq.write_table(table, tmp_path / "t.parquet")
    assert (tmp_path / "t.parquet").stat().st_size < 100_000
    assert "memory" in refusal(tmp_path / "t.parquet")


NESTED = {
    "list": [[1.0, 2.0], [3.0]] * 6,
    "struct": [{"a": 1.0}, {"a": 2.0}] * 6,
    "map": pa.array([[("a", 1.0)], []] * 6, pa.map_(pa.string(), pa.float64())),
    "binary": [b"\0", b"\xff"] * 6,
    "duration": pa.array([1, 2] * 6, pa.duration("s")),
    "date": pa.array([1, 2] * 6, pa.date32()),
    "time": pa.array([1, 2] * 6, pa.time32("s")),
    "timestamp": pa.array([1, 2] * 6, pa.timestamp("ns", "UTC")),
    "dictionary of dates": pa.array([1, 2] * 6, pa.date32()).dictionary_encode(),
    "nulls": pa.nulls(12),
}


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("task", ["regression", "binary"])
def test_other_types_of_parquet_are_refused(tmp_path: Path, name: str, task: Any) -> None:
    path, y = tmp_path / "t.parquet", np.arange(12) % 2
    pq.write_table(pa.table({"a": NESTED[name], "b": np.arange(12.0) / 8, "y": y}), path)
    assert "column 'a'" in refusal(path, task, missing="impute")
    assert "data.drop" in refusal(path, task, missing="impute")
    assert list(read(path, task, drop=["a"]).inputs) == ["b"]
    assert "target 'a'" in refusal(path, task, target="a", missing="impute")


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([1.5, 2.5] * 6, pa.float32()),
        pa.array([1.5, 2.5] * 6).cast(pa.float16()),
        pa.array([1, 2] * 6, pa.uint8()),
        pa.array(["1.50", "2.50"] * 6).cast(pa.decimal128(5, 2)),
        pa.array([True, False] * 6),
    ],
)
def test_numbers_of_any_width_are_numbers(tmp_path: Path, cells: Any) -> None:
    pq.write_table(pa.table({"a": cells, "y": np.arange(12.0)}), tmp_path / "t.parquet")
    raw = read(tmp_path / "t.parquet")
    assert raw.inputs["a"].values[:2].tolist() == [float(c) for c in cells.to_pylist()[:2]]
