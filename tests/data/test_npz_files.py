"""Arrays are read from `.npz` files, never a pickle."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from user_data import ROWS, X, Y, read, refusal


def test_reads_arrays_of_a_file_and_of_a_folder(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "b.NPZ", x=X[20:], label=Y[20:, None])
    np.savez(tmp_path / "a.npz", x=X[:20], label=Y[:20, None], more=[1])
    (tmp_path / "README").touch()
    raw = read(tmp_path, "multiclass", target="label")
    np.testing.assert_array_equal(raw.inputs, X)
    np.testing.assert_array_equal(raw.target, Y)
    assert raw.classes == [0, 1, 2]
    assert len(read(tmp_path / "a.npz", "multiclass", target="label").target) == 20


@pytest.mark.parametrize(
    ("arrays", "data", "words"),
    [
        ({"y": Y}, {}, ["'x'", ": y"]),
        ({"x": X, "z": Y}, {}, ["'y'", "x, z", "data.target"]),
        ({"x": X, "y": Y[:-1]}, {}, ["40 rows", "39"]),
        ({"x": Y, "y": Y}, {}, ["x ", "[40]"]),
        ({"x": X[:, :0], "y": Y}, {}, ["[40, 0, 3, 2]"]),
        ({"x": X, "y": X}, {}, ["y ", "[40, 2, 3, 2]"]),
        ({"x": X.astype(str), "y": Y}, {}, ["x ", "<U", "numbers"]),
        ({"x": X * 1j, "y": Y}, {}, ["x ", "complex", "numbers"]),
        ({"x": X.astype(object), "y": Y}, {}, ["x: ", "Python objects"]),
        ({"x": X, "y": Y.astype(object)}, {}, ["y: ", "Python objects"]),
        ({"x": X, "y": Y.astype("S")}, {}, ["y ", "|S", "text"]),
        ({"x": np.where(X == 7, np.inf, X), "y": Y}, {}, ["x, row 0", "inf"]),
        ({"x": np.where(X == 255, np.nan, X), "y": Y}, {},
         ["'x' (1, first row 21", "data.missing"]),
        ({"x": np.where(X == 255, np.nan, X), "y": Y}, {"missing": "impute"},
         ["1 rows", "row 21", "data.missing: drop"]),
        ({"x": X, "y": Y}, {"drop": ["a"]}, ["data.drop"]),
        ({"x": X, "y": X[..., 0, 0]}, {}, ["y ", "[40, 2]", "(rows,)", "task: regression"]),
        ({"x": X, "y": X[..., 0, 0].astype(str)}, {}, ["y ", "[40, 2]", "numbers"]),
    ],
)  # fmt: skip
def test_refuses_arrays(
    tmp_path: Path, arrays: dict[str, Any], data: dict[str, Any], words: list[str]
) -> None:
    path = tmp_path / "t.npz"
    np.savez(path, allow_pickle=True, **arrays)
    message = refusal(path, "multiclass", **data)
    assert all(word in message for word in [str(path), *words]), message


def test_refuses_one_array_without_a_name(tmp_path: Path) -> None:
    np.save(tmp_path / "t.npy", X)
    (tmp_path / "t.npy").rename(tmp_path / "t.npz")
    assert "numpy.savez" in refusal(tmp_path / "t.npz")


def test_refuses_files_of_a_folder_that_do_not_fit(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    np.savez(tmp_path / "b.npz", x=X[:, :1], y=Y)
    message = refusal(tmp_path, "multiclass")
    assert "b.npz: x " in message
    assert "[1, 3, 2]" in message
    assert "a.npz uint8 with [2, 3, 2]" in message
    np.savez(tmp_path / "b.npz", x=X, y=Y.astype(str))
    message = refusal(tmp_path, "multiclass")
    assert "b.npz: y " in message
    assert "<U" in message


def test_rows_with_nan_are_left_out_of_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", x=np.where(X == 255, np.nan, X), y=Y)
    raw = read(tmp_path / "t.npz", "multiclass", missing="drop")
    assert (raw.left_out, len(raw.inputs)) == (1, ROWS - 1)


def test_an_array_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000, 2)}"
    body = b"\x93NUMPY\x01\x00" + (len(header) + 1).to_bytes(2, "little") + header + b"\n"
    with zipfile.ZipFile(tmp_path / "t.npz", "w") as file:
        file.writestr("x.npy", body)
    assert "t.npz: damaged" in refusal(tmp_path / "t.npz")


def test_several_arrays_are_no_target(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", x=X, y=Y, z=Y)
    message = refusal(tmp_path / "t.npz", target=["y", "z"])
    assert all(word in message for word in ("t.npz", "data.target", "(rows, k)")), message
