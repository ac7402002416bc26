"""From targets of every kind to the report: every stage, one recipe, a few rows."""

import csv
import importlib
import io
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
