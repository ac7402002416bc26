"""Targets fit the task: numbers that vary, or a few classes with rows enough."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from user_data import ROWS, Y, changed, read, refusal


def target(y: Any, cell: Any = 1, other: Any = 1, **others: Any) -> pd.DataFrame:
    """A table of ROWS rows with this target."""
    return pd.DataFrame({"c": [cell, other] * (ROWS // 2), "y": y, **others}, index=range(ROWS))


@pytest.mark.parametrize(
    ("table", "task", "data", "words"),
    [
        (target(1.5), "regression", {}, ["target 'y'", "1.5"]),
        (target(["a", "b"] * 20), "regression", {}, ["target 'y'", "task: binary"]),
        (target(np.nan), "regression", {"missing": "drop"}, ["'y'", "data.target"]),
        (target(np.arange(ROWS) / 8), "multiclass", {},
         ["0.125", "task: regression"]),
        (target(True), "binary", {}, ["'1'", "2"]),
        (target(Y), "binary", {}, ["3 classes", "'0', '1', '2'", "multiclass"]),
        (target(np.arange(ROWS) // 2), "multiclass", {}, ["'0'", "2 rows", "3"]),
        (target([1, np.nan] * 20, 1, None), "regression", {"missing": "drop"},
         ["target 'y'", "1"]),
        (target(range(ROWS), 1, None, d=[None, 1] * 20), "regression", {"missing": "drop"},
         ["data.missing: impute"]),
    ],
)  # fmt: skip
def test_refuses_a_target_that_does_not_fit_the_task(
    tmp_path: Path, table: pd.DataFrame, task: str, data: dict[str, Any], words: list[str]
) -> None:
    path = tmp_path / "t.parquet"
    table.to_parquet(path)
    message = refusal(path, task, **data)
    assert all(word in message for word in [str(path), *words]), message


def test_a_target_that_is_not_finite_is_named_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(changed(17, "1,2,red,inf"))
    message = refusal(tmp_path / "t.csv")
    assert "target 'y', line 17" in message
    assert "inf" in message


def test_refuses_too_many_classes(tmp_path: Path) -> None:
    many = np.repeat([f"w{i}" for i in range(1001)], 3)
    pd.DataFrame({"x": np.arange(3003.0), "y": many}).to_parquet(tmp_path / "t.parquet")
    assert "1,001" in refusal(tmp_path / "t.parquet", "multiclass")


@pytest.mark.parametrize(
    ("values", "classes", "index"),
    [
        (["no", "yes"], ["no", "yes"], [0, 1]),
        ([True, False], [False, True], [1, 0]),
        ([2, 10], [2, 10], [0, 1]),
        ([-1.0, 7.0], [-1, 7], [0, 1]),
        (pd.Categorical(["z", "b"], categories=["z", "q", "b"]), ["b", "z"], [1, 0]),
        ([2**60, 2**60 + 1], [2**60, 2**60 + 1], [0, 1]),
    ],
)
def test_classes_are_sorted_and_keep_their_type(
    tmp_path: Path, values: Any, classes: list[Any], index: list[int]
) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0] * 5, "y": [*values] * 5})
    if isinstance(values, pd.Categorical):
        frame["y"] = frame["y"].astype(values.dtype)
    frame.to_parquet(tmp_path / "t.parquet")
    raw = read(tmp_path / "t.parquet", "binary")
    assert raw.classes == classes
    assert [type(c) for c in raw.classes] == [type(c) for c in classes]
    assert raw.target[:2].tolist() == index


def test_a_class_that_only_left_out_rows_had_is_none(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "1,u\n2,w\n" * 9 + ",v\n")
    assert read(path, "binary", missing="drop").classes == ["u", "w"]


RANDOM = np.random.default_rng(0)
TARGETS: dict[str, tuple[Any, set[str], str]] = {
    # A target, the tasks that it fits, and the task that other tasks' refusals name.
    "true/false": (RANDOM.integers(0, 2, 60).astype(bool), {"binary", "multiclass"}, "binary"),
    "0 and 1": (RANDOM.integers(0, 2, 60), {"regression", "binary", "multiclass"}, ""),
    "0.0 and 1.0": (RANDOM.integers(0, 2, 60) / 1.0, {"regression", "binary", "multiclass"}, ""),
    "two words": (RANDOM.choice(["no", "yes"], 60), {"binary", "multiclass"}, "binary"),
    "three words": (RANDOM.choice(["a", "b", "c"], 60), {"multiclass"}, "multiclass"),
    "three numbers": (RANDOM.integers(0, 3, 60), {"regression", "multiclass"}, "multiclass"),
    "two fractions": (RANDOM.choice([0.25, 0.75], 60), {"regression"}, "regression"),
    "amounts": (RANDOM.normal(size=60), {"regression"}, "regression"),
    "whole amounts": (RANDOM.integers(0, 1000, 60), {"regression"}, "regression"),
}


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("kind", ["csv", "parquet", "npz"])
def test_a_target_of_another_task_names_the_task_that_fits(
    tmp_path: Path, name: str, task: str, kind: str
) -> None:
    y, fits, named = TARGETS[name]
    path = tmp_path / f"t.{kind}"
    frame = pd.DataFrame({"x": RANDOM.normal(size=60), "y": y})
    if kind == "npz":
        np.savez(path, x=RANDOM.normal(size=(60, 2)), y=y)
    elif kind == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    if task not in fits:
        assert f"task: {named}" in refusal(path, task)
        return
    raw = read(path, task)
    if task == "regression":
        np.testing.assert_array_equal(raw.target, np.asarray(y, dtype=float))
    else:
        assert raw.classes is not None
        assert [raw.classes[int(i)] for i in raw.target] == y.tolist()


SEVERAL = pd.DataFrame({"a": np.arange(ROWS) / 8, "p": np.arange(ROWS) * 3.0, "q": [1, 4] * 20})


def test_several_columns_of_numbers_are_one_target_of_several_outputs(tmp_path: Path) -> None:
    SEVERAL.to_csv(tmp_path / "t.csv", index=False)
    raw = read(tmp_path / "t.csv", target=["q", "p"])
    np.testing.assert_array_equal(raw.target, SEVERAL[["q", "p"]].to_numpy(float))
    assert raw.names == ["q", "p"]
    assert [*raw.inputs] == ["a"]
    np.savez(tmp_path / "t.npz", x=SEVERAL[["a"]], pose=SEVERAL[["q", "p"]])
    again = read(tmp_path / "t.npz", target="pose")
    np.testing.assert_array_equal(again.target, raw.target)
    assert again.names == ["pose_0", "pose_1"]


@pytest.mark.parametrize(
    ("table", "task", "target", "words"),
    [
        (SEVERAL.assign(q=["u", "v"] * 20), "regression", ["p", "q"], ["target 'q'", "text"]),
        (SEVERAL.assign(q=[True, False] * 20), "regression", ["p", "q"], ["'q'", "true/false"]),
        (SEVERAL.assign(p=[np.nan, 1] * 20), "regression", ["p", "q"], ["'p' (20", "drop"]),
        (SEVERAL, "binary", ["p", "q"], ["data.target", "binary", "regression"]),
        (SEVERAL, "regression", ["p", "z"], ["data.target", "'z'", "a, p, q"]),
        (SEVERAL, "regression", ["p", "q", "p"], ["target", "repeated"]),
        (SEVERAL.assign(q=4), "regression", ["p", "q"], ["target 'q'", "every row has 4"]),
    ],
)
def test_refuses_several_targets(
    tmp_path: Path, table: pd.DataFrame, task: str, target: list[str], words: list[str]
) -> None:
    table.to_parquet(tmp_path / "t.parquet", index=False)
    message = refusal(tmp_path / "t.parquet", task, target=target)
    assert all(word in message for word in words), message
    assert "\n" not in message
