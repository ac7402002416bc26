"""Running the stages in this process on a user's own data or model, with tiny settings."""

import importlib
import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from import_graph import ROOT
from project import write_params
from secateur.keras_io.backend import keras

STAGES = [
    "check_params", "generate_data", "split", "build_model", "check_recipes", "train_baseline",
    "teach", "prune", "train_controls", "strip", "compact", "cluster", "mix_precision", "convert",
    "trade_off", "evaluate", "measure_sizes", "measure_costs", "report",
]  # fmt: skip
DENSE = [{"type": "Dense", "units": 8, "activation": "relu"}]


def tiny(params: dict[str, Any]) -> dict[str, Any]:
    """The same parameters, with few seeds and epochs."""
    params["seeds"] = params["seeds"][:2]
    params["train_baseline"]["epochs"] = 4
    for recipe in params["recipes"].values():
        recipe["epochs"] = 4
        steps = {"begin_step": 0, "end_step": 8, "frequency": 4}
        own = recipe.get("schedule", {})
        for schedule in [own] if "type" in own else own.values():
            schedule |= steps
    params["trade_off"] |= {"sparsities": [0.5], "epochs": 3, "ramp_epochs": 2}
    return params


def example(name: str) -> dict[str, Any]:
    return tiny(YAML(typ="safe").load(ROOT / "examples" / name / "params.yaml"))


def own(**sections: Any) -> dict[str, Any]:
    """The diabetes example's parameters with other data."""
    params = example("diabetes")
    del params["recipes"]["most"]
    return {**params, **sections}


def run_all(params: dict[str, Any], without: Collection[str] = ()) -> None:
    write_params(Path(), params)
    for stage in (stage for stage in STAGES if stage not in without):
        module = importlib.import_module(stage)
        each = stage in ("prune", "train_controls", "cluster", "mix_precision", "convert")
        names = [*params["recipes"]] if each else []
        for args in [[name] for name in (*names, *["baseline"] * (stage == "convert"))] or [[]]:
            module.main(*args)


def read(name: str) -> Any:
    return json.loads(Path(f"metrics/{name}.json").read_text(encoding="utf-8"))


def table(here: Path) -> dict[str, Any]:
    """A binary problem in a file, and the section that reads it."""
    random = np.random.default_rng(0)
    x = random.normal(size=(150, 3)).round(3)
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    frame["sick"] = np.where(x[:, 0] + x[:, 1] > 0, "yes", "no")
    frame.to_parquet(here / "own.parquet", index=False)
    return {"source": "own.parquet", "target": "sick"}


def save(model: keras.Model, name: str) -> None:
    if name.endswith((".h5", ".keras")):
        model.save(name)
    else:
        model.save(name, save_format="tf")


def build(here: Path, model: dict[str, Any], **more: Any) -> Callable[[], None]:
    """What runs the stages up to the one that builds the model."""
    write_params(here, own(task="binary", data=table(here), model=model, **more))

    def run() -> None:
        for stage in STAGES[:5]:
            importlib.import_module(stage).main()

    return run


def save_with_lambda(name: str) -> None:
    model = keras.Sequential([
        keras.layers.Input((3,)), keras.layers.Lambda(lambda x: x * 2.0),
        keras.layers.Dense(1, "sigmoid"),
    ])  # fmt: skip
    save(model, name)
