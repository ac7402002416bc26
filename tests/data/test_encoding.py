"""Training rows teach how all rows are encoded; a user can do the same, and take it back."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import split as stage
from import_graph import ROOT
from project import write_params
from secateur.arrays import encode, parts
from secateur.arrays import encoding as constants
from secateur.arrays.rows import Rows
from secateur.core import files
from secateur.core.errors import InputError
from secateur.data import encoding, reading
from secateur.data.parameters import Data

TEXT = """alcohol,color,open,y
1.0,red,true,10
3.0,green,false,30
,red,true,20
5.0,blue,false,1000
7.0,,true,0
"""
TRAIN, TEST = np.array([0, 1, 2]), np.array([3, 4])


def raw_of(tmp_path: Path, text: str, task: Any, **data: Any) -> tuple[reading.Raw, Data]:
    (tmp_path / "t.csv").write_text(text)
    settings = Data(source=str(tmp_path / "t.csv"), **data)
    return reading.read(settings, task), settings


def learned(tmp_path: Path, text: str = TEXT, task: Any = "regression", **data: Any) -> Any:
    raw, settings = raw_of(tmp_path, text, task, **{"missing": "impute", **data})
    return raw, encoding.learn(raw, TRAIN, settings, task)


def apply(found: Any, raw: reading.Raw, rows: np.ndarray, part: str) -> Rows:
    """Some rows as they are stored, then encoded."""
    x, y = encoding.stored(found, raw, {part: rows})
    return Rows(encode.inputs(found, x[rows], "t"), encode.targets(found, y[rows], "t"))


def test_learns_from_the_training_rows_alone(tmp_path: Path) -> None:
    _, found = learned(tmp_path)
    std = np.std([1, 3, 2])
    assert found.model_dump()["columns"] == [
        {"type": "number", "name": "alcohol", "mean": 2.0, "std": std, "median": 2.0},
        {"type": "category", "name": "color", "levels": ["green", "red"], "most_frequent": "red"},
        {"type": "number", "name": "open", "mean": 2 / 3, "std": np.std([1, 0, 1]), "median": 1.0},
    ]
    target = {"name": "y", "mean": 20.0, "std": np.std([10, 30, 20]), "classes": None}
    assert found.model_dump()["target"] == target
    assert constants.feature_names(found) == ["alcohol", "color=green", "color=red", "open"]
    assert constants.shape(found, 3) == {"inputs": [4], "outputs": 1, "train_rows": 3}


def test_applies_what_was_learned(tmp_path: Path) -> None:
    raw, found = learned(tmp_path, unseen="zeros")
    rows = apply(found, raw, np.array([2, 3, 4]), "test")
    assert rows.x.dtype == rows.y.dtype == np.float32
    std, opened = np.std([1, 3, 2]), np.std([1, 0, 1])
    expected = [[0, 0, 1, 1 / 3 / opened], [3 / std, 0, 0, -2 / 3 / opened], [5 / std, 0, 1, 1 / 3 / opened]]  # fmt: skip  # noqa: E501
    np.testing.assert_allclose(rows.x, expected, rtol=1e-6)
    np.testing.assert_allclose(
        rows.y[:, 0], (np.array([20, 1000, 0]) - 20) / np.std([1, 2, 3]) / 10
    )


def test_an_unseen_level_is_refused(tmp_path: Path) -> None:
    raw, found = learned(tmp_path)
    with pytest.raises(InputError) as refusal:
        apply(found, raw, TEST, "test")
    message = str(refusal.value)
    for word in ("t.csv: column 'color'", "'blue'", "1 test rows", "data.unseen: zeros"):
        assert word in message


def test_constant_columns_are_only_centred_and_nothing_is_scaled_unless_asked(
    tmp_path: Path,
) -> None:
    text = "a,b,y\n" + "0.1,1e-200,1\n0.1,2e-200,2\n" * 2 + "5,1,3\n"
    raw, found = learned(tmp_path, text)
    assert [(c.mean, c.std) for c in found.columns] == [
        (0.1, 1.0),
        (pytest.approx(4e-200 / 3), 1.0),
    ]
    assert apply(found, raw, np.array([0, 4]), "test").x[:, 0].tolist() == [
        0,
        np.float32(4.9),
    ]
    raw, found = learned(tmp_path, text, standardize=False)
    assert [(c.mean, c.std) for c in found.columns] == [(0.0, 1.0)] * 2
    assert (found.target.mean, found.target.std) == (0.0, 1.0)
    np.testing.assert_array_equal(apply(found, raw, TEST, "x").y, [[2.0], [3.0]])


def test_what_cannot_be_scaled_is_refused(tmp_path: Path) -> None:
    raw, found = learned(tmp_path, "a,y\n1e-30,1\n2e-30,2\n3e-30,3\n1,4\n3e38,5\n")
    with pytest.raises(InputError, match=r"column 'a': .*finite"):
        apply(found, raw, TEST, "test")
    raw, settings = raw_of(
        tmp_path, "a,b,y\n,1,1\n,1,2\n,1,3\n1,1,4\n", "regression", missing="impute"
    )
    with pytest.raises(InputError, match="column 'a': "):
        encoding.learn(raw, TRAIN, settings, "regression")


def test_numbers_as_names(tmp_path: Path) -> None:
    text = "c,d,y\n" + "10,2.5,1\n9,2.0,2\n10,,3\n9,2,4\n"
    _, found = learned(tmp_path, text, categorical=["c", "d"])
    assert [c.levels for c in found.columns] == [["9", "10"], ["2", "2.5"]]
    assert found.columns[1].most_frequent == "2"
    frame = {"c": [9.0, 10.0], "d": ["2.5", None]}
    np.testing.assert_array_equal(encoding.of_frame(found, frame), [[1, 0, 0, 1], [0, 1, 1, 0]])


@pytest.mark.parametrize(
    ("task", "column", "classes", "predicted", "expected"),
    [
        ("binary", "u,v,u", ["u", "v"], [[0.2], [0.5], [0.9]], ["u", "u", "v"]),
        ("multiclass", "7,-1,3", [-1, 3, 7], [[0.1, 0.2, 0.7], [0.5, 0.3, 0.2]], [7, -1]),
        ("multiclass", "true,false,true", [False, True], [[0.1, 0.9]], [True]),
    ],
)
def test_classes_are_indices_and_come_back(
    tmp_path: Path, task: Any, column: str, classes: Any, predicted: Any, expected: Any
) -> None:
    text = "a,y\n" + "".join(f"1,{name}\n" for name in column.split(",") * 3)
    raw, found = learned(tmp_path, text, task)
    assert found.target.classes == classes
    y = apply(found, raw, TRAIN, "train").y[:, 0]
    assert [str(classes[int(i)]).lower() for i in y] == column.split(",")
    assert found.outputs(np.array(predicted)).tolist() == expected
    assert constants.Encoding.model_validate(json.loads(found.model_dump_json())) == found
    outputs = 1 if task == "binary" else len(classes)
    assert constants.shape(found, 3)["outputs"] == outputs


def test_a_user_encodes_as_the_stage_did_and_takes_a_prediction_back(tmp_path: Path) -> None:
    raw, found = learned(tmp_path, unseen="zeros")
    files.write_json(tmp_path / "e.json", found.model_dump())
    again = constants.read(tmp_path / "e.json")
    assert again == found
    rows = apply(found, raw, np.arange(5), "all")
    frame = pd.read_csv(io.StringIO(TEXT))
    np.testing.assert_array_equal(encoding.of_frame(again, frame), rows.x)
    np.testing.assert_array_equal(
        encoding.of_frame(again, frame.astype({"color": "category"})), rows.x
    )
    as_dict = {name: frame[name].to_numpy() for name in frame}
    np.testing.assert_array_equal(encoding.of_frame(again, as_dict), rows.x)
    np.testing.assert_allclose(again.outputs(rows.y), frame["y"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ({"alcohol": [1], "colour": ["red"], "open": [1]}, ["'color'", "did you mean 'colour'"]),
        ({"alcohol": ["a"], "color": ["red"], "open": [1]}, ["'alcohol'", "text"]),
        ({"alcohol": [1, 2], "color": ["red"], "open": [1]}, ["rows"]),
        ({"alcohol": [None], "color": ["red"], "open": [1]}, ["'alcohol'", "1 cells"]),
        ({"alcohol": [1], "color": [None], "open": [1]}, ["'color'", "1 cells"]),
        ({"alcohol": [1], "color": ["mauve"], "open": [1]}, ["'mauve'"]),
        ({"alcohol": 1, "color": ["red"], "open": [1]}, ["'alcohol'"]),
        ({"alcohol": [1e39], "color": ["red"], "open": [1]}, ["'alcohol'", "finite"]),
        ([[1, 2, 3]], ["pandas"]),
    ],
)
def test_refuses_frames(tmp_path: Path, frame: Any, words: list[str]) -> None:
    _, found = learned(
        tmp_path, TEXT.replace(",,", ",red,").replace("\n,", "\n2,"), missing="refuse"
    )
    with pytest.raises(InputError) as refusal:
        encoding.of_frame(found, frame)
    assert all(word in str(refusal.value) for word in words), refusal.value


def test_arrays_have_one_mean_and_one_deviation(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 256, (9000, 4, 2, 1), dtype=np.uint8)
    np.savez(tmp_path / "t.npz", x=x, y=np.arange(9000) % 2)
    settings = Data(source=str(tmp_path / "t.npz"))
    raw, train = reading.read(settings, "binary"), np.arange(100, 9000)
    found = encoding.learn(raw, train, settings, "binary")
    [item] = found.columns
    assert item.mean == pytest.approx(x[100:].mean(), rel=1e-12)
    assert item.std == pytest.approx(x[100:].std(), rel=1e-12)
    assert constants.feature_names(found) == []
    assert constants.shape(found, 8900) == {"inputs": [4, 2, 1], "outputs": 1, "train_rows": 8900}
    rows = apply(found, raw, np.arange(100), "test")
    np.testing.assert_allclose(rows.x, (x[:100] - item.mean) / item.std, rtol=1e-5)
    np.testing.assert_array_equal(encoding.of_frame(found, x[:100]), rows.x)
    with pytest.raises(InputError, match=r"\[2, 4\].*4, 2, 1"):
        encoding.of_frame(found, np.ones((2, 4)))


def test_the_stage_writes_parts_encoding_and_shape(
    workdir: Path, params: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.DataFrame({"a": np.arange(60.0), "c": ["u", "v", None] * 20, "kind": [1, 2] * 30})
    frame.to_csv("own.csv", index=False)
    params["task"] = "binary"
    params["data"] = {"source": "own.csv", "target": "kind", "missing": "drop"}
    write_params(workdir, params)
    stage.main()
    said = capsys.readouterr().out.splitlines()
    assert "own.csv: 20 rows with missing cells are left out" in said
    found = constants.read("models/encoding.json")
    rows = [
        parts.read(Path("data/split") / name, found).rows()
        for name in ("train", "validation", "test")
    ]
    assert [len(part.x) for part in rows] == [24, 6, 10]
    assert json.loads(Path("data/split/shape.json").read_text()) == {
        "inputs": [3], "outputs": 1, "train_rows": 24,
    }  # fmt: skip
    x = encoding.of_frame(found, frame.dropna())
    assert {tuple(row) for part in rows for row in part.x} == {tuple(row) for row in x}
    assert set(rows[2].y[:, 0]) == {0, 1}


def test_the_modules_start_without_what_takes_long_to_import() -> None:
    code = (
        "import sys; sys.path[:0] = ['src']; import secateur.data.encoding;"
        "print({'pandas', 'sklearn', 'tensorflow', 'scipy'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "set()\n", done.stderr


def test_each_of_several_targets_is_scaled_by_its_own_training_rows(tmp_path: Path) -> None:
    text = "a,y,z\n1,10,1\n2,30,2\n4,20,6\n8,1000,7\n9,0,8\n"
    raw, found = learned(tmp_path, text, target=["z", "y"])
    own = np.array([[1, 10], [2, 30], [6, 20], [7, 1000], [8, 0]], float)
    assert found.target.model_dump() == {
        "name": ["z", "y"], "mean": [3.0, 20.0], "std": list(own[:3].std(axis=0)), "classes": None,
    }  # fmt: skip
    assert constants.shape(found, 3)["outputs"] == 2
    y = apply(found, raw, np.arange(5), "test").y
    np.testing.assert_allclose(y, (own - [3, 20]) / own[:3].std(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.outputs(y), own, rtol=1e-5, atol=1e-4)
