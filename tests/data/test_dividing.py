"""Parts that the source gives stay; what it lacks is cut from the training rows, and told."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secateur.data import splitting
from user_data import SIZES, X, Y, divide, parts_refused

HOW = splitting.Split.model_validate(SIZES)


def table(path: Path, parts: list[str], repeat: dict[int, int] | None = None) -> Path:
    """Rows of two classes in turn, all different but those that repeat another."""
    rows = {i: f"{i / 8},{'ab'[i % 2]}" for i in range(len(parts))}
    rows |= {row: rows[other] for row, other in (repeat or {}).items()}
    lines = [f"{rows[i]},{part}" for i, part in enumerate(parts)]
    (path / "t.csv").write_text("\n".join(["x,y,part", *lines]) + "\n")
    return path / "t.csv"


def parts_of(path: Path, **how: Any) -> tuple[list[list[int]], str]:
    _, divided = divide(path, "binary", column="part", **how)
    return [part.tolist() for part in divided.parts], "\n".join(divided.notes)


def test_parts_that_are_given_stay(tmp_path: Path) -> None:
    given = ["test"] * 4 + ["train"] * 10 + ["val"] * 6
    parts, told = parts_of(table(tmp_path, given))
    assert parts == [[*range(4, 14)], [*range(14, 20)], [*range(4)]]
    assert "10 rows train, 6 validate, 4 test" in told


@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize(("given", "lacking", "sizes"), [
    ("test", "validation", [32, 8, 10]), ("val", "test", [30, 10, 10]),
    ("train", "validation and no test", [29, 8, 13]),
])  # fmt: skip
def test_a_part_that_lacks_is_cut_from_the_training_rows(
    tmp_path: Path, task: str, given: str, lacking: str, sizes: list[int]
) -> None:
    """Of 40 or 50 training rows: 0.2 validate, 0.25 test, as `splitting.split` counts them."""
    path = table(tmp_path, ["train"] * 40 + [given] * 10)
    if task == "regression":
        path.write_text(path.read_text().replace(",a,", ",1,").replace(",b,", ",3,"))
    _, divided = divide(path, task, column="part")
    assert [len(part) for part in divided.parts] == sizes
    assert sorted(np.concatenate(divided.parts)) == [*range(50)]
    assert f"no {lacking} rows" in divided.notes[1]
    kept = {"test": 2, "val": 1}.get(given)
    if kept is not None:
        assert divided.parts[kept].tolist() == [*range(40, 50)]
    if task == "binary" and given != "train":  # stratified
        assert all((part % 2).mean() == 0.5 for part in divided.parts)
    again = divide(path, task, column="part")[1]
    assert all(map(np.array_equal, divided.parts, again.parts))
    other = divide(path, task, column="part", random_state=2)[1]
    assert set(other.parts[0].tolist()) != set(divided.parts[0].tolist())


def test_a_column_of_training_rows_alone_is_split_as_without_it(tmp_path: Path) -> None:
    divided = divide(table(tmp_path, ["train"] * 40), "binary", column="part")[1]
    expected = splitting.split(40, HOW, np.arange(40) % 2)
    assert all(map(np.array_equal, divided.parts, expected))


def test_a_training_row_that_is_tested_is_left_out_and_told(tmp_path: Path) -> None:
    given = ["train"] * 20 + ["val"] * 6 + ["test"] * 6
    # Rows 0 and 22 are tested, too; 1 validates, too; 2 and 4 are equal, and both train.
    path = table(tmp_path, given, {0: 26, 22: 28, 1: 21, 2: 4})
    parts, told = parts_of(path)
    assert parts[0] == [*range(2, 20)]
    assert parts[1] == [20, 21, 23, 24, 25]
    assert parts[2] == [*range(26, 32)]
    assert "3 rows that equal one of a later part" in told
    parts, told = parts_of(path, duplicates="ignore")
    assert [len(part) for part in parts] == [20, 6, 6]
    assert "equal" not in told


def test_equal_rows_stay_together_where_validation_is_cut(tmp_path: Path) -> None:
    path = table(tmp_path, ["train"] * 40 + ["test"] * 8, {i: i + 20 for i in range(20)})
    train, validation, _ = parts_of(path)[0]
    assert {i % 20 for i in train}.isdisjoint(i % 20 for i in validation)
    assert len(train) + len(validation) == 40


def test_what_leaves_a_part_empty_is_refused(tmp_path: Path) -> None:
    assert "no row trains" in parts_refused(table(tmp_path, ["test"] * 8), "binary", column="part")
    path = table(tmp_path, ["train"] * 8 + ["test"] * 8, {i: i + 8 for i in range(8)})
    message = parts_refused(path, "binary", column="part")
    assert "every train row" in message
    assert "split.duplicates: ignore" in message
    divide(path, "binary", column="part", duplicates="ignore")
    path = table(tmp_path, ["train"] + ["test"] * 8)
    path.write_text(path.read_text().replace(",b,", ",2,").replace(",a,", ",1,"))
    assert "validation_size" in parts_refused(path, column="part")


@pytest.mark.parametrize("by", [{"column": "part"}, {"time": "x"}])
def test_a_class_that_a_part_lacks_is_named_with_the_part(
    tmp_path: Path, by: dict[str, str]
) -> None:
    path = tmp_path / "t.csv"
    parts = ["train"] * 20 + ["val"] * 5 + ["test"] * 5
    lines = [f"{i / 8},{i % 7},{'rare' if i < 5 else 'ab'[i % 2]},{p}" for i, p in enumerate(parts)]
    path.write_text("\n".join(["x,z,y,part", *lines]) + "\n")
    message = parts_refused(path, "multiclass", data={"features": ["z"]}, **by)
    assert all(word in message for word in ("'rare'", "validation row", *by))


def test_the_parts_of_arrays_stay(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", x_train=X[:24], y_train=Y[:24], x_test=X[24:], y_test=Y[24:])
    raw, divided = divide(tmp_path / "t.npz", "multiclass")
    train, validation, test = divided.parts
    np.testing.assert_array_equal(np.asarray(raw.inputs)[test], X[24:])
    assert sorted([*train, *validation]) == [*range(24)]
    assert len(validation) == 5
    assert "own parts" in divided.notes[0]
