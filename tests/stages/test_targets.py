"""From targets of every kind to the report: every stage, one recipe, a few rows."""

import csv
import importlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from own_project import DENSE, own, read, run_all
from project import write_params
from secateur.arrays import encoding, parts
from secateur.command import prediction
from secateur.keras_io import h5_files


def one_recipe(**sections: Any) -> dict[str, Any]:
    params = own(**sections)
    params["recipes"] = {"half": params["recipes"]["half"]}
    params["trade_off"]["training"]["batch_size"] = 4
    return params


def predicted(path: str, model: str = "half") -> list[dict[str, str]]:
    text = prediction.predict(Path(path), model, "minified_float32", None)
    return [*csv.DictReader(io.StringIO(text))]


def test_several_columns_go_to_the_report_and_to_predictions_by_their_names(here: Path) -> None:
    random = np.random.default_rng(5)
    frame = pd.DataFrame(random.normal(size=(120, 3)), columns=["a", "b", "c"])
    frame["sum"] = 100 + 10 * (frame["a"] + frame["b"])
    frame["gap"] = frame["a"] - frame["c"]
    Path("data").mkdir()
    frame.to_csv("data/own.csv", index=False)
    data = {"source": "data/own.csv", "target": ["sum", "gap"]}
    params = one_recipe(data=data, model={"layers": DENSE}, seeds=[1, 2])
    params["training"] |= {"learning_rate": 0.05, "batch_size": 8}
    run_all(params)
    own_figures = read("evaluation")["baseline"]["stripped"]
    each = own_figures["outputs"]
    assert each.keys() == {"sum", "gap"}
    for seed in ("1", "2"):
        mean = np.mean([figures["mse"]["seeds"][seed] for figures in each.values()])
        np.testing.assert_allclose(own_figures["mse"]["seeds"][seed], mean)
        assert each["gap"]["r2"]["seeds"][seed] > 0.5
    assert read("sizes")["half"]["minified_float32"]["difference"]["median"] < 1e-5
    assert "int8" in str(read("sizes")["half"].keys())
    lines = Path("metrics/report.md").read_text().splitlines()
    at = next(i for i, line in enumerate(lines) if "test R²" in line)
    assert [cell.strip() for cell in lines[at].split("|")][2:4] == ["sum", "gap"]
    medians = [f"{each[name]['r2']['median']:.3g}" for name in ("sum", "gap")]
    cells = [cell.strip() for cell in lines[at + 2].split("|")]
    assert [cell.split(" ")[0] for cell in cells[1:4]] == ["baseline", *medians]
    rows = predicted("data/own.csv", "baseline")
    assert [*rows[0]] == ["sum", "gap"]
    got = np.array([[float(row["sum"]), float(row["gap"])] for row in rows])
    assert (np.abs(got - frame[["sum", "gap"]]).mean() < 0.5 * frame[["sum", "gap"]].std()).all()


def test_balanced_classes_of_one_recipe_find_the_rare_class(here: Path) -> None:
    random = np.random.default_rng(6)
    frame = pd.DataFrame(random.normal(size=(240, 2)).round(3), columns=["a", "b"])
    rare = frame["a"] + random.normal(0, 0.7, 240) > 1.6
    frame["sick"] = np.where(rare, "yes", "no")
    frame.to_parquet("own.parquet", index=False)
    data = {"source": "own.parquet", "target": "sick"}
    params = one_recipe(task="binary", data=data, model={"layers": DENSE}, seeds=[1])
    params["training"] |= {"learning_rate": 0.05}
    plain = {"start": "initial", "scope": "none", "epochs": 4, "patience": None}
    balanced = {**params["training"], "class_weight": "balanced"}
    params["recipes"] |= {"plain": plain, "balanced": {**plain, "training": balanced}}
    write_params(Path(), params)
    for name in ("check_params", "split", "build_model", "check_recipes"):
        importlib.import_module(name).main()
    recall = {}
    test = parts.read(Path("data/split/test"), encoding.read(Path("models/encoding.json"))).rows()
    for name in ("plain", "balanced"):
        importlib.import_module("prune").main(name)
        model = h5_files.load(Path(f"models/trained/{name}/seed_1.h5"))
        found = model.predict(test.x[:], verbose=0) > 0.5
        recall[name] = found[test.y == 1].mean()
    assert recall["balanced"] > recall["plain"] + 0.2


def spectra(rows: int, width: int, anomalous: int) -> tuple[np.ndarray, np.ndarray]:
    """Smooth spectra, some of them with noise, and which ones have it."""
    random = np.random.default_rng(7)
    steps = np.arange(width) / width
    x = np.sin(6 * steps + random.uniform(0, 3, (rows, 1))) + random.normal(0, 0.05, (rows, width))
    marks = np.arange(rows) % (rows // anomalous) == 0
    x[marks] += random.normal(0, 1, (int(marks.sum()), width))
    return x.astype(np.float32), marks


AUTOENCODER = """
from tf_keras import Sequential, layers

def build_model(input_shape, outputs):
    assert input_shape == (outputs,) == (640,)
    model = Sequential([layers.Input(input_shape)])
    for units in (128, 8, 128):
        model.add(layers.Dense(units))
        model.add(layers.BatchNormalization())
        model.add(layers.Activation("relu"))
    model.add(layers.Dense(outputs))
    return model
"""


def test_an_autoencoder_like_mlperf_tinys_goes_to_the_report_with_anomalies(here: Path) -> None:
    x, marks = spectra(60, 640, 12)
    np.savez("own.npz", x=x, odd=marks)
    Path("network/own.py").write_text(AUTOENCODER)
    params = one_recipe(
        data={"source": "own.npz", "target": "inputs", "anomaly": "odd"},
        model={"build": "network/own.py"},
        seeds=[1, 2],
        train_baseline={"epochs": 2, "patience": None},
    )
    params["recipes"]["half"] |= {"epochs": 2}
    params["recipes"]["half"]["schedule"] |= {"begin_step": 0, "end_step": 2, "frequency": 1}
    run_all(params)
    names = {part: sorted(p.name for p in Path("data/split", part).iterdir())
             for part in ("train", "validation", "test")}  # fmt: skip
    assert names == {"train": ["x.npy"], "validation": ["x.npy"],
                     "test": ["anomalous.npy", "x.npy"]}  # fmt: skip
    assert np.load("data/split/test/anomalous.npy").sum() == marks.sum() == 12
    shape = json.loads(Path("data/split/shape.json").read_text())
    assert (shape["inputs"], shape["outputs"]) == ([640], 640)
    evaluation, sizes, brief = read("evaluation"), read("sizes"), read("summary")
    for figures in (evaluation["half"]["stripped"], sizes["half"]["minified_float32"]):
        assert figures["mse_anomalous"]["median"] > figures["mse"]["median"]
        assert all(0.5 < auc <= 1 for auc in figures["roc_auc"]["seeds"].values())
    assert brief["half"]["roc_auc"] == evaluation["half"]["stripped"]["roc_auc"]["median"]
    assert brief["half"]["ship"]["roc_auc"] > 0.5
    assert "ROC AUC" in Path("metrics/summary.md").read_text()
    errors = np.array([float(row["reconstruction_error"]) for row in predicted("own.npz")])
    assert errors[marks].mean() > errors[~marks].mean()


def test_an_autoencoder_of_arrays_goes_to_the_report(here: Path) -> None:
    x = spectra(60, 16, 6)[0].reshape(60, 4, 4, 1)
    np.savez("own.npz", x=x)
    data = {"source": "own.npz", "target": "inputs"}
    layers = [{"type": "Conv2D", "filters": 2, "kernel_size": 3}, {"type": "Flatten"}]
    run_all(one_recipe(data=data, model={"layers": layers}, seeds=[1]))
    assert json.loads(Path("data/split/shape.json").read_text())["outputs"] == [4, 4, 1]
    assert read("evaluation")["half"]["stripped"].keys() >= {"mse", "mae", "r2"}
    assert "roc_auc" not in read("evaluation")["half"]["stripped"]
    assert len(predicted("own.npz")) == 60
