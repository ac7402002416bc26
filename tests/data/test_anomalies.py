"""Anomalous rows test and do nothing else, and it is clear which they are."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from secateur.core.errors import InputError
from secateur.data import anomalies
from user_data import ROWS, divide, parts_refused, read, refusal

ODD = np.arange(ROWS) % 8 == 0
TABLE = pd.DataFrame({"a": np.arange(ROWS) / 8, "b": ["u", "v"] * 20, "odd": ODD.astype(int)})
AUTO: dict[str, Any] = {"target": "inputs", "anomaly": "odd"}


def written(folder: Path, **columns: Any) -> Path:
    TABLE.assign(**columns).to_csv(folder / "t.csv", index=False)
    return folder / "t.csv"


@pytest.mark.parametrize(
    "words", [(0, 1), (False, True), ("normal", "anomaly"), ("good", "Bad"), (0.0, 1.0)]
)
def test_says_which_rows_are_anomalous(tmp_path: Path, words: tuple[Any, Any]) -> None:
    path = written(tmp_path, odd=np.where(ODD, words[1], words[0]))
    raw = read(path, **AUTO)
    np.testing.assert_array_equal(raw.anomalous, ODD)
    assert [*raw.inputs] == ["a", "b"]
    assert raw.target.shape == (ROWS, 0)
    frame = pd.read_csv(path)
    frame.to_parquet(tmp_path / "t.parquet")
    np.testing.assert_array_equal(read(tmp_path / "t.parquet", **AUTO).anomalous, ODD)
    np.savez(tmp_path / "t.npz", x=frame[["a"]], odd=frame["odd"].to_numpy().astype("U9"))
    if isinstance(words[0], str):
        np.testing.assert_array_equal(read(tmp_path / "t.npz", **AUTO).anomalous, ODD)


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (0, ["1 value", "0 and 1"]),
        (np.arange(ROWS) % 3, ["3 different values", "0, 1, 2", "0 and 1"]),
        (np.where(ODD, -1, 1), ["'-1'", "'1'", "which"]),
        (np.where(ODD, "faulty", "fine"), ["'faulty'", "'fine'", "normal and anomaly"]),
        (np.where(ODD, np.nan, 1), ["'odd'", "missing"]),
    ],
)
def test_refuses_marks_that_may_mean_anything(tmp_path: Path, odd: Any, words: list[str]) -> None:
    message = refusal(written(tmp_path, odd=odd), **AUTO)
    assert all(word in message for word in ["t.csv", "odd", *words]), message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("data", "task", "words"),
    [
        ({"target": "a", "anomaly": "odd"}, "regression", ["anomaly", "target: inputs"]),
        ({"anomaly": "od", "target": "inputs"}, "regression", ["data.anomaly", "'od'", "odd"]),
        ({**AUTO, "drop": ["odd"]}, "regression", ["drop", "data.anomaly"]),
        ({**AUTO, "features": ["a", "odd"]}, "regression", ["features", "data.anomaly"]),
        (AUTO, "multiclass", ["data.target", "regression"]),
    ],
)
def test_refuses_what_is_no_autoencoder(
    tmp_path: Path, data: dict[str, Any], task: str, words: list[str]
) -> None:
    message = refusal(written(tmp_path), task, **data)
    assert all(word in message for word in words), message


def test_a_column_or_an_array_called_inputs_is_not_taken_for_the_inputs(tmp_path: Path) -> None:
    path = written(tmp_path, inputs=TABLE["a"] * 2)
    assert "target: [inputs]" in refusal(path, target="inputs")
    assert read(path, target=["inputs"]).names == ["inputs"]
    np.savez(tmp_path / "t.npz", x=TABLE[["a"]], inputs=TABLE["a"])
    assert "target: [inputs]" in refusal(tmp_path / "t.npz", target="inputs")
    np.testing.assert_array_equal(
        read(tmp_path / "t.npz", target=["inputs"]).target, TABLE["a"].to_numpy()
    )


def test_an_npz_needs_no_targets_for_an_autoencoder(tmp_path: Path) -> None:
    x = np.arange(ROWS * 3.0).reshape(ROWS, 3)
    np.savez(tmp_path / "t.npz", x_train=x[:30], x_test=x[30:], y_test=np.zeros(10))
    raw, divided = divide(tmp_path / "t.npz", data={"target": "inputs"})
    np.testing.assert_array_equal(raw.inputs, x)
    assert [len(part) for part in divided.parts] == [24, 6, 10]
    assert "data.anomaly" in refusal(tmp_path / "t.npz", **AUTO)
    np.savez(tmp_path / "u.npz", x=x)
    assert "'odd'" in refusal(tmp_path / "u.npz", **AUTO)


def test_drawn_parts_train_on_normal_rows_and_test_every_anomalous_one(tmp_path: Path) -> None:
    _, (parts, notes) = divide(written(tmp_path), data=AUTO)
    train, validation, test = parts
    assert not ODD[[*train, *validation]].any()
    assert set(np.flatnonzero(ODD)) < set(test)
    assert sorted([*train, *validation, *test]) == [*range(ROWS)]
    assert len(test) == 9 + ODD.sum()  # a quarter of the normal rows, and all others
    assert f"{ODD.sum()} anomalous rows" in notes[-1]


@pytest.mark.parametrize("key", ["column", "group", "time"])
def test_anomalous_rows_of_other_given_parts_are_left_out(tmp_path: Path, key: str) -> None:
    """A group that trains must not be tested, marked or not."""
    by = {
        "column": np.where(np.arange(ROWS) < 20, "train", "test"),
        "group": [f"g{i // 2}" for i in range(ROWS)],
        "time": np.arange(ROWS),
    }[key]
    _, (parts, notes) = divide(written(tmp_path, by=by), data=AUTO, **{key: "by"})
    train, validation, test = parts
    assert not ODD[[*train, *validation]].any()
    assert ODD[test].any()
    left_out = ROWS - len(train) - len(validation) - len(test)
    assert left_out == ODD.sum() - ODD[test].sum() > 0
    assert f"{left_out} of other parts" in notes[-1]
    if key == "group":
        names = np.array(by)
        assert not {*names[test]} & {*names[train], *names[validation]}


def test_a_test_without_anomalous_rows_is_refused(tmp_path: Path) -> None:
    odd = (np.arange(ROWS) < 5).astype(int)
    message = parts_refused(written(tmp_path, odd=odd, t=range(ROWS)), time="t", data=AUTO)
    assert "no anomalous row" in message


def test_names_the_values_that_it_takes() -> None:
    assert not {*anomalies.NORMAL} & {*anomalies.ANOMALOUS}
    with pytest.raises(InputError, match="outlier"):
        anomalies.marked("here", anomalies.Column(np.array([0, 1]), ["a", "b"]))
