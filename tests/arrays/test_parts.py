"""A part is written as it is in the source, and encoded when it is read, all or some rows."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secateur.arrays import encode, mapped, parts
from secateur.arrays.encoding import Encoding
from secateur.core.errors import InputError

IMAGES = Encoding.model_validate({
    "task": "binary",
    "shape": [3, 2, 1],
    "columns": [{"type": "array", "name": "x", "mean": 100.0, "std": 3.0}],
    "target": {"name": "y", "classes": ["a", "b"]},
})  # fmt: skip
X = np.random.default_rng(0).integers(0, 256, (20, 3, 2, 1), dtype=np.uint8)
Y = np.arange(20, dtype=np.uint8)[:, None] % 2
ROWS = np.array([7, 3, 19, 0, 4])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    parts.write(tmp_path / "train", X, Y, ROWS)
    return tmp_path / "train"


def test_the_files_hold_the_chosen_rows_in_the_sources_type(folder: Path) -> None:
    x, y = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in "xy")
    assert (x.dtype, y.dtype) == (np.uint8, np.uint8)
    np.testing.assert_array_equal(x, X[ROWS])
    np.testing.assert_array_equal(y, Y[ROWS])
    assert (folder / "x.npy").stat().st_size == 128 + 5 * 6


def test_batches_are_the_rows_that_all_rows_hold(folder: Path) -> None:
    part = parts.read(folder, IMAGES)
    assert len(part) == 5
    rows = part.rows()
    np.testing.assert_array_equal(rows.x, encode.inputs(IMAGES, X[ROWS], "t"))
    np.testing.assert_array_equal(rows.y, Y[ROWS])
    assert rows.x.dtype == rows.y.dtype == np.float32
    some: Any
    for some in (np.array([4, 0, 4]), slice(2), slice(3, 99), np.array([], dtype=int)):
        batch = part.batch(some)
        np.testing.assert_array_equal(batch.x, rows.x[some])
        np.testing.assert_array_equal(batch.y, rows.y[some])
        np.testing.assert_array_equal(part.targets(some), rows.y[some])


def test_a_part_is_mapped_and_not_read(folder: Path) -> None:
    """A value that changes in the file after the part was opened is the one that a batch has."""
    part = parts.read(folder, IMAGES)
    np.load(folder / "x.npy", mmap_mode="r+")[2] = 100
    assert part.batch(np.array([2])).x.max() == 0
    assert not part.x.flags.writeable


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (X.astype(">u2"), "<u2"),
        (X.astype(">f8"), "<f8"),
        (np.asfortranarray(X), "|u1"),
        (X[:, ::-1], "|u1"),
        (X > 100, "|b1"),
        (X.astype(np.longdouble) / 3, "<f8"),
    ],
)
def test_the_bytes_are_those_of_every_machine(
    tmp_path: Path, values: np.ndarray, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = set()
    for at_once in (mapped.BYTES_AT_ONCE, 10):
        monkeypatch.setattr(mapped, "BYTES_AT_ONCE", at_once)
        parts.write(tmp_path / "t", values, Y, ROWS)
        found.add(hashlib.md5((tmp_path / "t/x.npy").read_bytes()).hexdigest())
    assert len(found) == 1
    written = np.load(tmp_path / "t/x.npy")
    assert written.dtype.str == kind
    assert written.flags.c_contiguous
    np.testing.assert_array_equal(written, values[ROWS].astype(kind))


def test_the_bytes_are_pinned(folder: Path) -> None:
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (5, 1), }"
    expected = (
        b"\x93NUMPY\x01\x00v\x00" + header.encode().ljust(117) + b"\n" + bytes([1, 1, 1, 0, 0])
    )
    assert (folder / "y.npy").read_bytes() == expected


def test_a_failure_leaves_the_earlier_part(folder: Path) -> None:
    with pytest.raises(IndexError):
        parts.write(folder, X, Y, np.array([99]))
    assert len(parts.read(folder, IMAGES)) == 5
    assert [path.name for path in folder.parent.iterdir()] == ["train"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x", X[:5, :2], ["[5, 2, 2, 1]", "[5, 3, 2, 1]"]),
        ("x", X[:4], ["y.npy", "[5, 1]", "[4, 1]"]),
        ("x", X[:0], ["x.npy"]),
        ("x", X[:5].astype(complex), ["complex", "numbers"]),
        ("x", X[:5].astype("U3"), ["U3", "numbers"]),
        ("x", X[:5].astype(object), ["damaged"]),
        ("y", Y[:5, 0], ["[5]", "[5, 1]"]),
        ("y", b"x,y\n1,2\n", ["damaged"]),
        ("y", b"", ["damaged"]),
        ("x", b"\x93NUMPY\x01\x00v\x00{'descr': '|u1', 'fortr", ["damaged"]),
    ],
)
def test_refuses_other_files(folder: Path, name: str, content: Any, words: list[str]) -> None:
    path = folder / f"{name}.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content, allow_pickle=True)
    with pytest.raises(InputError) as refusal:
        parts.read(folder, IMAGES)
    assert all(word in str(refusal.value) for word in words), refusal.value
    assert "\n" not in str(refusal.value)


def test_refuses_a_missing_and_a_truncated_file(folder: Path) -> None:
    with pytest.raises(InputError, match=r"other/x\.npy: not found"):
        parts.read(folder.parent / "other", IMAGES)
    path = folder / "x.npy"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"x\.npy: damaged"):
        parts.read(folder, IMAGES)


def test_a_cell_that_cannot_be_encoded_is_named_when_it_is_read(tmp_path: Path) -> None:
    numbers = Encoding.model_validate({
        "task": "regression",
        "shape": [1],
        "columns": [{"type": "number", "name": "a"}],
        "target": {"name": "y", "mean": 0.0, "std": 1.0},
    })  # fmt: skip
    parts.write(tmp_path / "test", np.array([[1.0], [np.nan]]), np.ones((2, 1)), np.arange(2))
    part = parts.read(tmp_path / "test", numbers)
    assert part.batch(slice(1)).x.tolist() == [[1]]
    with pytest.raises(InputError, match=r"test/x\.npy: column 'a': 1 cells"):
        part.rows()


def test_rows_that_are_large_are_read_when_they_are_needed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = parts.read(folder, IMAGES)
    whole = part.rows()
    monkeypatch.setattr(parts, "IN_MEMORY", 5 * 6 * 4 - 1)
    rows = part.rows()
    assert isinstance(rows.x, parts.Inputs)
    assert (rows.x.shape, len(rows.x)) == ((5, 3, 2, 1), 5)
    some: Any
    for some in (np.array([4, 0, 4]), slice(2), slice(3, 99), slice(None)):
        np.testing.assert_array_equal(rows.x[some], whole.x[some])
    np.testing.assert_array_equal(np.concatenate([*rows.blocks()]), whole.x)
    np.testing.assert_array_equal(rows.y, whole.y)
    few = rows.of_inputs([2, 0]).of_inputs([1])
    assert few.x.shape == (5, 1, 2, 1)
    np.testing.assert_array_equal(few.x[:], whole.x[:, [0]])


def test_an_autoencoders_targets_are_its_encoded_inputs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read again, and not stored."""
    odd = np.arange(20) % 2 == 0
    parts.write(tmp_path / "test", X, None, ROWS, odd)
    assert sorted(path.name for path in (tmp_path / "test").iterdir()) == [
        "anomalous.npy", "x.npy",
    ]  # fmt: skip
    content = {**IMAGES.model_dump(), "task": "regression"}
    content["target"] = {"name": "inputs", "inputs": True}
    part = parts.read(tmp_path / "test", Encoding.model_validate(content))
    encoded = encode.inputs(IMAGES, X[ROWS], "t")
    np.testing.assert_array_equal(part.anomalous, odd[ROWS])
    np.testing.assert_array_equal(part.batch(slice(1, 3)).y, encoded[1:3])
    np.testing.assert_array_equal(part.rows().targets(), encoded.reshape(5, -1))
    monkeypatch.setattr(parts, "IN_MEMORY", 0)
    rows = part.rows()
    assert rows.y is rows.x
    assert (len(part), rows.y.shape) == (5, (5, 3, 2, 1))
    np.testing.assert_array_equal(rows.y[np.array([4, 0])], encoded[[4, 0]])
    np.testing.assert_array_equal(rows.targets(), encoded.reshape(5, -1))
