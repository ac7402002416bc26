"""`secateur predict` runs a user's rows through the file that ships."""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from secateur.arrays.encoding import Encoding
from secateur.command import prediction
from secateur.command.app import app
from secateur.export.tflite import convert
from secateur.keras_io.backend import keras

# Inputs: alcohol, color=01, color=red, size.
ENCODING = {
    "task": "regression",
    "shape": [4],
    "columns": [
        {"type": "number", "name": "alcohol", "mean": 2.0, "std": 0.5},
        {"type": "category", "name": "color", "levels": ["01", "red"]},
        {"type": "number", "name": "size", "mean": 0.0, "std": 1.0},
    ],
    "target": {"name": "strength", "mean": 100.0, "std": 10.0},
}
SHIP = {
    "recommended": "small",
    "models": {
        "small": {
            "artifact": "minified_float32",
            "seed": 1,
            "file": "models/tflite/small/minified_float32/seed_1.tflite",
        },
        "plain": {"artifact": "stripped", "seed": 0, "file": None},
    },
}
CSV = "size,unused,color,alcohol\n7,a,red,3.5\n8,b,01,1\n9,c,01,2\n"
KEPT = [1.0, 3.0]  # weights of `small`, which reads inputs 0 and 1 alone
SMALL = [130.0, 110.0, 130.0]  # 100 + 10 * (1 * (alcohol - 2) / 0.5 + 3 * (color is 01))


def tflite(weights: list[float], bias: float = 0.0, activation: str | None = None) -> bytes:
    """A file with one unit."""
    unit = keras.layers.Dense(1, activation=activation)
    model = keras.Sequential([keras.layers.Input((len(weights),)), unit])
    model.set_weights([np.array(weights)[:, None], np.array([bias])])
    [(_, content)] = convert(model, ["float32"], np.empty(0))
    return content


@pytest.fixture(scope="module")
def contents() -> dict[str, bytes]:
    return {
        "small/minified_float32/seed_1": tflite(KEPT),
        "small/stripped_float32/seed_1": tflite([1.0, 3.0, 0.0, 1.0]),
        "small/minified_float32/seed_0": tflite([0.0], bias=2.0),
        "plain/stripped_float32/seed_0": tflite([0.0] * 4, bias=5.0),
    }


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contents: dict[str, bytes]) -> Path:
    """What the pipeline leaves, as far as predictions need it, and `rows.csv`."""
    monkeypatch.chdir(tmp_path)
    for name, content in contents.items():
        path = tmp_path / f"models/tflite/{name}.tflite"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for name, data in (
        ("models/compacted/small/inputs.json", {"0": [0], "1": [0, 1]}),
        ("models/compacted/plain/inputs.json", {"0": None}),
        ("models/encoding.json", ENCODING),
        ("metrics/ship.json", SHIP),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(data))
    (tmp_path / "params.yaml").write_text("data: {source: data/own.csv, target: strength}\n")
    (tmp_path / "rows.csv").write_text(CSV)
    return tmp_path


def predict(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["predict", *arguments])


def values(text: str) -> list[float]:
    [head], *rows = csv.reader(io.StringIO(text))
    assert head == "strength"
    return [float(value) for [value] in rows]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], SMALL),
        (["--artifact", "stripped_float32"], [200.0, 190.0, 220.0]),
        (["--seed", "0"], [120.0] * 3),
        (["--model", "plain", "--artifact", "stripped_float32"], [150.0] * 3),
    ],
)
def test_predicts_each_row_in_its_order_with_the_chosen_file(
    folder: Path, arguments: list[str], expected: list[float]
) -> None:
    done = predict("rows.csv", *arguments)
    assert done.exit_code == 0, done.stderr
    np.testing.assert_allclose(values(done.stdout), expected, rtol=1e-6)


def test_a_category_that_looks_like_a_number_is_still_one(folder: Path) -> None:
    (folder / "rows.csv").write_text("alcohol,color,size\n1,01,8\n2,01,9\n")
    np.testing.assert_allclose(values(predict("rows.csv").stdout), SMALL[1:], rtol=1e-6)


def test_reads_a_csv_as_the_training_data_were(folder: Path) -> None:
    (folder / "params.yaml").write_text(
        'data: {source: o.csv, separator: ";", decimal: ",", missing_values: ["?"]}\n'
    )
    (folder / "rows.csv").write_text("alcohol;color;size\n3,5;red;7\n1;01;8\n2;01;9\n")
    np.testing.assert_allclose(values(predict("rows.csv").stdout), SMALL, rtol=1e-6)
    (folder / "rows.csv").write_text("alcohol;color;size\n?;red;7\n1;01;8\n")
    done = predict("rows.csv")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: rows.csv: column 'alcohol': 1 cells are missing")


def test_reads_parquet(folder: Path) -> None:
    color = pa.array(["red", "01", "01"]).dictionary_encode()
    pq.write_table(
        pa.table({"color": color, "alcohol": [3.5, 1, 2], "size": [7, 8, 9]}), "r.parquet"
    )
    np.testing.assert_allclose(values(predict("r.parquet").stdout), SMALL, rtol=1e-6)


def test_reads_an_array(folder: Path, contents: dict[str, bytes]) -> None:
    scale = {"type": "array", "mean": 1.0, "std": 2.0}
    encoding = {**ENCODING, "columns": [scale]}
    (folder / "models/encoding.json").write_text(json.dumps(encoding))
    np.savez("rows.npz", x=np.array([[3.0, 5.0, 0, 0], [1, 1, 0, 0]]))
    np.testing.assert_allclose(values(predict("rows.npz").stdout), [170, 100], rtol=1e-6)
    np.savez("other.npz", y=np.zeros(2))
    np.savez("shape.npz", x=np.zeros((2, 3)))
    Path("damaged.npz").write_bytes(b"no")
    for name, expected in (
        ("rows.csv", "need the array `x` of an .npz file"),
        ("other.npz", "has no array 'x'; found: y"),
        ("shape.npz", "must be numbers (rows, 4)"),
        ("damaged.npz", "damaged or not an .npz file"),
    ):
        done = predict(name)
        assert done.exit_code == 1
        assert done.stderr.startswith(f"error: {name}: ")
        assert expected in done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["none.csv"], "none.csv: not found"),
        (["rows.txt"], "rows.txt: must end in"),
        (["rows.csv", "--model", "smal"], "did you mean 'small'?); allowed: small, plain"),
        (["rows.csv", "--model", "plain"], "'stripped', which is no TFLite file; --artifact takes "
         "stripped_float32"),
        (["rows.csv", "--artifact", "minified_int8"], "allowed: stripped_float32, minified_"),
        (["rows.csv", "--seed", "7"], "--seed 7: there is none; allowed: 0, 1"),
        (["rows.csv", "--out", "models"], "--out models: a folder"),
        (["rows.csv", "--out", "nowhere/p.csv"], "nowhere: no such folder"),
        (["rows.csv", "--out", "rows.csv", "--force"], "--out rows.csv: the file of the rows"),
    ],
)  # fmt: skip
def test_says_in_one_sentence_what_cannot_be_used(
    folder: Path, arguments: list[str], expected: str
) -> None:
    done = predict(*arguments)
    assert (done.exit_code, done.stdout) == (1, "")
    assert expected in done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        ("alcohol,colour,size\n1,red,2\n", "'color': no such column (did you mean 'colour'?)"),
        ("alcohol,color,size,size\n1,red,2,2\n", "two columns are named 'size'"),
        ("alcohol,color,size\nmany,red,2\n", "column 'alcohol': text; must be numbers"),
        ("alcohol,color,size\n1,blue,2\n", "column 'color': 'blue' in 1 rows"),
        ("alcohol,color,size\n1,red\n", ", line 2: 2 cells"),
    ],
)
def test_says_what_is_wrong_with_rows(folder: Path, text: str, expected: str) -> None:
    (folder / "rows.csv").write_text(text)
    done = predict("rows.csv")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: rows.csv")
    assert expected in done.stderr


def test_out_replaces_a_file_only_when_forced(folder: Path) -> None:
    assert predict("rows.csv", "--out", "out.csv").stdout == ""
    np.testing.assert_allclose(values((folder / "out.csv").read_text()), SMALL, rtol=1e-6)
    (folder / "out.csv").write_text("mine")
    done = predict("rows.csv", "--out", "out.csv")
    assert (done.exit_code, (folder / "out.csv").read_text()) == (1, "mine")
    assert "--force replaces it" in done.stderr
    assert predict("rows.csv", "--out", "out.csv", "--force").exit_code == 0
    assert len(values((folder / "out.csv").read_text())) == 3


def test_names_what_makes_a_missing_file(folder: Path) -> None:
    def refused(path: str) -> str:
        (folder / path).rename(folder / "gone")
        done = predict("rows.csv")
        (folder / "gone").rename(folder / path)
        assert done.exit_code == 1
        return done.stderr

    assert "run `secateur repro`" in refused("metrics/ship.json")
    assert "`dvc pull` brings it" in refused("models/tflite")
    assert "models/encoding.json: not found" in refused("models/encoding.json")
    assert "small/inputs.json" in refused("models/compacted/small/inputs.json")
    (folder / "models/tflite/small/minified_float32/seed_1.tflite").write_bytes(b"damaged")
    assert "seed_1.tflite: damaged" in predict("rows.csv").stderr
    (folder / "metrics/ship.json").write_text("{}")
    assert "metrics/ship.json: ship.recommended: missing" in predict("rows.csv").stderr
    (folder / "metrics/ship.json").write_text(json.dumps({**SHIP, "recommended": None}))
    assert "--model takes small, plain" in predict("rows.csv").stderr


def test_classes_come_with_their_probability(folder: Path) -> None:
    target = {"name": "kind", "classes": ["no, never", "yes"]}
    encoding = {**ENCODING, "task": "binary", "target": target}
    (folder / "models/encoding.json").write_text(json.dumps(encoding))
    path = folder / "models/tflite/small/minified_float32/seed_1.tflite"
    path.write_bytes(tflite([1.0, 3.0], activation="sigmoid"))
    head, *rows = csv.reader(io.StringIO(predict("rows.csv").stdout))
    assert head == ["kind", "probability"]
    assert [label for label, _ in rows] == ["yes", "yes", "yes"]
    logits = np.array([3.0, 1.0, 3.0])
    found = [float(share) for _, share in rows]
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-logits)), rtol=1e-5)


@pytest.mark.parametrize(
    ("task", "classes", "predicted", "expected"),
    [
        ("binary", ["a", "b"], [[0.25], [0.75], [0.5]], ["a,0.75", "b,0.75", "a,0.5"]),
        ("multiclass", [-1, 3, 7], [[0.125, 0.25, 0.625]], ["7,0.625"]),
        ("multiclass", [False, True], [[0.75, 0.25]], ["false,0.75"]),
    ],
)
def test_labels_are_written_as_they_were(
    task: Any, classes: Any, predicted: Any, expected: list[str]
) -> None:
    target = {"name": "t", "classes": classes}
    encoding = Encoding.model_validate({**ENCODING, "task": task, "target": target})
    text = prediction.as_csv(encoding, np.array(predicted, dtype=np.float32))
    assert text.splitlines() == ["t,probability", *expected]


def test_out_refuses_what_is_no_regular_file_even_when_forced(folder: Path) -> None:
    os.mkfifo("pipe.csv")
    Path("link.csv").symlink_to("elsewhere.csv")
    for name in ("pipe.csv", "link.csv"):
        done = predict("rows.csv", "--out", name, "--force")
        assert (done.exit_code, f"--out {name}" in done.stderr) == (1, True)
    assert Path("pipe.csv").is_fifo()
    assert Path("link.csv").is_symlink()


def test_an_autoencoders_prediction_is_the_error_of_each_row() -> None:
    x = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    text = prediction.errors_as_csv(x + np.array([0, 1, 3])[:, None, None], x)
    assert text == "reconstruction_error\n0\n1\n9\n"


def test_several_targets_have_a_column_each_in_their_units() -> None:
    target = {"name": ["a", "b"], "mean": [1.0, -1.0], "std": [2.0, 10.0]}
    several = Encoding.model_validate({**ENCODING, "target": target})
    text = prediction.as_csv(several, np.array([[0.0, 0.5], [1.0, -1.0]]))
    assert text == "a,b\n1,4\n3,-11\n"
