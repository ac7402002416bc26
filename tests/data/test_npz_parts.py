"""Arrays as Keras's data sets have them: each part has inputs and targets, alike in all parts."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secateur.data import npz_files
from user_data import X, Y, divide, parts_refused, read

TRAIN, TEST = {"x_train": X[:30], "y_train": Y[:30]}, {"x_test": X[30:], "y_test": Y[30:]}


def save(path: Path, **arrays: Any) -> Path:
    np.savez(path / "t.npz", allow_pickle=True, **arrays)
    return path / "t.npz"


def test_parts_are_joined_and_told_apart(tmp_path: Path) -> None:
    path = save(tmp_path, **TEST, **TRAIN, other=[1])
    raw, _ = divide(path, "multiclass")
    np.testing.assert_array_equal(raw.inputs, X)
    np.testing.assert_array_equal(raw.target, Y)
    assert np.asarray(raw.inputs).dtype == X.dtype
    assert raw.split_by is not None
    assert raw.split_by.numbers.tolist() == [0] * 30 + [2] * 10
    arrays = npz_files.read({"t": io.BytesIO(path.read_bytes())}, "y")
    assert arrays.parts is not None
    assert arrays.parts.tolist() == [0] * 30 + [2] * 10


@pytest.mark.parametrize("word", ["val", "valid", "validation"])
def test_validation_may_be_given_and_the_target_named(tmp_path: Path, word: str) -> None:
    validation = {f"x_{word}": X[20:30], f"label_{word}": Y[20:30, None]}
    path = save(tmp_path, x_train=X[:20], label_train=Y[:20, None], x_test=X[30:],
                label_test=Y[30:, None], **validation)  # fmt: skip
    raw, divided = divide(path, "multiclass", data={"target": "label"})
    assert [part.tolist() for part in divided.parts] == [
        [*range(20)], [*range(20, 30)], [*range(30, 40)]
    ]  # fmt: skip
    np.testing.assert_array_equal(raw.target, Y)


def test_rows_with_nan_leave_their_own_part(tmp_path: Path) -> None:
    x = np.where((np.arange(40) == 35)[:, None, None, None], np.nan, X)
    path = save(tmp_path, x_train=x[:30], y_train=Y[:30], x_test=x[30:], y_test=Y[30:])
    raw, divided = divide(path, "multiclass", data={"missing": "drop"})
    assert raw.left_out == 1
    assert divided.parts[2].tolist() == [*range(30, 39)]


def test_a_folder_of_such_files_is_joined(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", **TRAIN)
    np.savez(tmp_path / "b.npz", **TRAIN, **TEST)
    raw, divided = divide(tmp_path, "multiclass", duplicates="ignore")
    assert len(raw.target) == 70
    assert divided.parts[2].tolist() == [*range(60, 70)]
    np.savez(tmp_path / "b.npz", x=X, y=Y)
    message = parts_refused(tmp_path, "multiclass")
    assert all(word in message for word in ("a.npz", "b.npz", "x_train"))


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x_train": X, **TEST}, ["'x_train'", "'y_train'", "found"]),
        ({**TRAIN, "x_test": X}, ["'x_test'", "'y_test'"]),
        ({**TRAIN, "y_test": Y}, ["'y_test'", "'x_test'"]),
        (TEST, ["'x_test'", "'x_train'"]),
        ({**TRAIN, "x_val": X, "y_val": Y, "x_valid": X, "y_valid": Y}, ["x_val", "x_valid"]),
        ({**TRAIN, "x": X, "y": Y}, ["x and x_train"]),
        ({**TRAIN, "x_test": X[30:] / 255, "y_test": Y[30:]}, ["x_test is float64", "uint8"]),
        ({**TRAIN, "x_test": X[30:, :1], "y_test": Y[30:]}, ["x_test", "[10, 1, 3, 2]", "x_train"]),
        ({**TRAIN, "x_test": X[30:], "y_test": Y[30:].astype(float)}, ["y_test is float64", "int"]),
        ({**TRAIN, "x_test": X[30:], "y_test": Y[30:].astype(str)}, ["y_test is <U", "int"]),
        ({**TRAIN, "x_test": X[30:], "y_test": Y[31:]}, ["x_test has 10", "y_test 9"]),
        ({**TRAIN, "x_test": X.astype(object), "y_test": Y}, ["x_test", "Python objects"]),
        ({**TRAIN, "x_test": X[:0], "y_test": Y[:0]}, ["x_test", "[0, 2, 3, 2]"]),
    ],
)  # fmt: skip
def test_parts_that_do_not_fit_are_refused(
    tmp_path: Path, arrays: dict[str, Any], words: list[str]
) -> None:
    message = parts_refused(save(tmp_path, **arrays), "multiclass")
    assert all(word in message for word in ["t.npz: ", *words]), message


def test_texts_of_another_length_are_alike(tmp_path: Path) -> None:
    words = np.array(["a", "bb", "a long one"])
    path = save(tmp_path, x_train=X[:30], y_train=words[Y[:30]], x_test=X[30:],
                y_test=words[:2][Y[30:] % 2])  # fmt: skip
    assert read(path, "multiclass").classes == sorted(words)


def test_arrays_with_their_own_parts_are_split_by_nothing_else(tmp_path: Path) -> None:
    message = parts_refused(save(tmp_path, **TRAIN, **TEST, who=Y), "multiclass", group="who")
    assert all(word in message for word in ("split.", "group", "x_train", "leave"))
