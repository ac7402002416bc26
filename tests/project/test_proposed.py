"""Proposals fit what was found."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secateur.checks.recipes_fit import check_recipes
from secateur.core.params import validate
from secateur.data import findings
from secateur.data.parameters import Data
from secateur.network.model import Model
from secateur.project import proposed
from secateur.recipes.recipe import Recipes
from secateur.recipes.training import Training
from secateur.trade_off.points import TradeOff


def find(path: Path, has_target: bool = True, **data: Any) -> findings.Findings:
    settings = validate(Data, {"source": str(path), **data}, "data")
    return findings.find(settings, has_target=has_target)


def of_column(tmp_path: Path, cells: list[Any]) -> findings.Findings:
    lines = [f"{i / 7},{cell}" for i, cell in enumerate(cells)]
    (tmp_path / "t.csv").write_text("\n".join(["a,y", *lines]) + "\n")
    return find(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("cells", "task"),
    [
        ([i % 2 for i in range(40)], "binary"),
        ([("yes", "no")[i % 2] for i in range(40)], "binary"),
        ([("true", "false")[i % 2] for i in range(40)], "binary"),
        ([i % 3 + 3 for i in range(40)], "multiclass"),
        ([("a", "b", "c")[i % 3] for i in range(40)], "multiclass"),
        ([i % 3 + 0.5 for i in range(40)], "regression"),
        ([i % 25 for i in range(100)], "regression"),
        ([i / 3 for i in range(40)], "regression"),
        ([*(i % 3 for i in range(40)), 9], "regression"),  # one row of a class
    ],
)
def test_the_task_is_that_of_the_target(tmp_path: Path, cells: list[Any], task: str) -> None:
    assert proposed.task_of(of_column(tmp_path, cells)) == task


@pytest.mark.parametrize(
    ("shape", "kinds"),
    [
        ((40,), ["Dense"]),
        ((8, 8, 1), ["Flatten", "Dense"]),
        ((32, 32, 3), ["Conv2D", "Conv2D", "GlobalAveragePooling2D", "Dense"]),
        ((96, 96, 3), [*3 * ["Conv2D"], "GlobalAveragePooling2D", "Dense"]),
        ((50, 3), ["Conv1D", "Conv1D", "GlobalAveragePooling1D", "Dense"]),
        ((4, 3), ["Flatten", "Dense"]),
    ],
)
def test_the_network_fits_the_inputs(
    tmp_path: Path, shape: tuple[int, ...], kinds: list[str]
) -> None:
    draws = np.random.default_rng(0)
    x = draws.integers(0, 255, (24, *shape), dtype=np.uint8)
    np.savez(tmp_path / "a.npz", x=x, y=np.arange(24) % 2)
    layers = proposed.layers(find(tmp_path / "a.npz"))
    assert [layer["type"] for layer in layers] == kinds
    validate(Model, {"layers": layers}, "model")


@pytest.mark.parametrize("convolutional", [False, True])
@pytest.mark.parametrize("rows", [3, 9, 20, 100, 1000, 30_000, 1_000_000])
def test_recipes_can_prune_in_their_epochs(rows: int, convolutional: bool) -> None:
    n = proposed.lengths(rows, convolutional)
    assert n.steps == math.ceil(rows / n.batch_size)
    training = {"optimizer": "Adam", "learning_rate": 0.001, "batch_size": n.batch_size}
    recipe = {
        "start": "baseline", "scope": "whole", "epochs": n.recipe, "patience": None,
        "schedule": {
            "type": "PolynomialDecay", "initial_sparsity": 0.0, "final_sparsity": 0.8,
            "begin_step": 0, "end_step": n.end_step, "frequency": n.frequency,
        },
        "clustering": {"number_of_clusters": 16, "epochs": n.clustering},
    }  # fmt: skip
    recipes = validate(Recipes, {"sparse": recipe}, "recipes")
    check_recipes(recipes, validate(Training, training, "training"), rows, None)
    curve = {"sparsities": [0.5], "training": training, "epochs": n.trade_off,
             "ramp_epochs": n.ramp}  # fmt: skip
    validate(TradeOff, curve, "trade_off").check(rows)
    assert n.recipe * n.steps < 3 * max(proposed.STEPS.values()) or n.recipe == 2


def test_a_column_that_names_parts_decides_them(tmp_path: Path) -> None:
    lines = [f"{i / 7},{('train', 'test', 'Validation')[i % 3]},{i % 2}" for i in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(["a,part,y", *lines]) + "\n")
    assert proposed.parts_column(find(tmp_path / "t.csv")) == "part"
    assert proposed.parts_column(of_column(tmp_path, ["train", "dog"] * 9)) is None


def test_the_likeliest_target_comes_first(tmp_path: Path) -> None:
    lines = [f"{i / 7},{i % 2},{i % 3}" for i in range(30)]
    (tmp_path / "t.csv").write_text("\n".join(["a,label,c", *lines]) + "\n")
    assert proposed.candidates(find(tmp_path / "t.csv", has_target=False)) == ["label", "c", "a"]
