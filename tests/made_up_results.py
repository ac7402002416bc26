"""Results of a small made-up run, as the stages before the report write them."""

import json
import math
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from project import TINY
from secateur.core import params
from secateur.core.seeds import over_seeds
from secateur.core.tasks import TASKS, Task
from secateur.data.found import Column, Doubt, Findings, Level, Numbers, Part, Sample
from secateur.recipes.recipe import Recipe, Recipes
from secateur.recipes.training import Training
from secateur.report import table
from secateur.report.budget import Budget
from secateur.report.references import Reference
from secateur.report.results import Data, Results
from secateur.report.svg import Picture

SEEDS = (0, 1, 2, 3, 4)
REGRESSION = TASKS["regression"]
RECIPES: dict[str, Recipe] = params.validate(
    Recipes, {name: TINY["recipes"][name] for name in ("control", "finetuned")}, "here"
)
FOUND = Findings(
    "data/t.csv", 50, 50, "y",
    (Column("x0", "input", "number", "double", (), "", 2, (Level("<NA>", 2),), 1.5, 9, (),
            Numbers(0.0, 1.5, 3.0, (3, 0, 5))),
     Column("y", "target", "number", "double", (), "", 0, (), None, 50, (),
            Numbers(-1.0, 0.0, 1.0, (1, 2)))),
    (Doubt("x0", "leak", "equals the target <i>", {"drop": ["x0"]}),),
    parts=tuple(Part(name, rows, (), Numbers(0.0, 1.0, 2.0, (1, 2)))
                for name, rows in (("train", 30), ("validation", 10), ("test", 10))),
    inputs=("x0",), encoded=("x0",), samples=(Sample("train", (None,), 0.5, (1.5,)),),
)  # fmt: skip
MADE = {
    "params": {"seeds": list(SEEDS)},
    "seeds": list(SEEDS),
    "versions": table.plain("versions", ("package", "version"), [("numpy", "9.9")]),
    "digest": "0123abcd",
}


def metrics_of(
    errors: list[float],
    size: int,
    sparsity: float,
    task: Task = REGRESSION,
    validation: list[float] | None = None,
) -> dict[str, Any]:
    """A model's entries in `evaluation.json` and `sizes.json`, as they are read back.

    `errors` are of test rows, by seed; those of validation rows are the same if they are not given.
    """
    chosen_by = dict(zip(SEEDS, validation or errors, strict=True))
    dead = [value > 1 or math.isnan(value) for value in errors]
    by_seed = dict(zip(SEEDS, errors, strict=True))
    of_classes = {"accuracy": 0.98765, "roc_auc": math.nan, "f1": 0.5, "balanced_accuracy": 0.75,
                  "macro_f1": 0.6}  # fmt: skip
    beside = {} if task == REGRESSION else {k: v for k, v in of_classes.items() if k != "f1"}
    file = {
        seed: {
            "bytes": size,
            "gzip_bytes": size,
            "macs": 9,
            task.metric: value,
            **beside,
            "validation": chosen_by[seed],
        }
        for seed, value in by_seed.items()
    }
    score = {
        seed: {
            task.metric: value,
            task.explained: 1 - value,
            **({} if task == REGRESSION else of_classes),
            "sparsity": {"kernels": sparsity, "hidden_1": sparsity, "output": sparsity},
        }
        for seed, value in by_seed.items()
    }
    small = {
        seed: {**own, "bytes": size // 2, "gzip_bytes": size // 3, "entropy_bytes": size / 9}
        for seed, own in file.items()
    }
    evaluation = {
        "collapsed": sum(dead),
        "diverged": sum(map(math.isnan, errors)),
        "target": {"kernels": sparsity, "hidden_1": sparsity, "output": sparsity},
        "stripped": over_seeds(score),
    }
    sizes = {"stripped": over_seeds(file), "minified_float32": over_seeds(small)}
    if task == REGRESSION:  # worse than its source by a fifth, and larger
        int8 = {seed: {**own, "gzip_bytes": size // 3 + 90,
                       **{key: 1.2 * own[key] for key in (task.metric, "validation")}}
                for seed, own in small.items()}  # fmt: skip
        sizes["minified_int8"] = over_seeds(int8)
    null = json.loads(json.dumps([evaluation, sizes]), parse_constant=lambda _: None)
    return {"evaluation": null[0], "sizes": null[1]}


def results(
    finetuned: list[float], size: int = 3000, task: Task = REGRESSION, **changed: Any
) -> Results:
    """Of a baseline, a control and one recipe with the test errors given.

    On validation rows the recipe is better than the baseline, whatever its test errors.
    """
    models = {
        "baseline": metrics_of([0.2, 0.21, 0.22, 0.23, 0.24], 6000, 0.0, task, [0.3] * 5),
        "control": metrics_of([0.12, 0.2, 0.12, 0.12, 0.12], 6000, 0.0, task, [0.2] * 5),
        "finetuned": metrics_of(finetuned, size, 0.5, task, [0.25] * 5),
    }
    random = np.random.default_rng(0)
    kernels = {
        seed: {"hidden_1": random.normal(size=(7, 8)), "output": random.normal(size=(8, 1))}
        for seed in SEEDS
    }
    compacted = {seed: {"hidden_1": np.ones((3, 4)), "output": np.ones((4, 1))} for seed in SEEDS}
    true = random.normal(size=50)
    made = Results(
        data=Data(task, "y", [f"x{i}" for i in range(7)], friedman=True),
        models=list(models),
        recipes=RECIPES,
        training=params.validate(Training, TINY["training"], "here"),
        references=[Reference(name="known <b> $x", gzip_bytes=2500, error=0.3),
                    Reference(name="only bytes", gzip_bytes=1500)],
        evaluation={name: found["evaluation"] for name, found in models.items()},
        sizes={name: found["sizes"] for name, found in models.items()},
        validation={
            "rows": 1234, "guess": 1.0,
            "against_baseline": {
                name: {"ratio": 0.8, "low": 0.7, "high": 0.9} for name in models
            },
        },
        controls={},
        precision={},
        channel_groups={
            "groups": [{"layers": ["hidden_1"], "channels": 8, "kernel": "hidden_1", "axis": 1}],
            "whole": {"output": "it is an output of the network"},
        },
        left_out={name: {} for name in [*models, "trade-off curve"]},
        floors=("minified_float32", "minified_int8"),
        curves=_curves({"baseline": 0.3, "control": 0.2, "finetuned": 0.25}),
        points=_points(),
        costs={name: costs_of(size) for name, size in
               (("baseline", 6000), ("control", 6000), ("finetuned", size))},
        cost_devices={"microcontroller": "tflite-micro 0.1", "ethos_u": {"version": "5.1.0"}},
        curve_costs=curve_costs(),
        measured={},
        hashes={},
        budget=Budget(),
        output="relu",
        true=true,
        predicted={name: {seed: true + 0.1 * seed for seed in SEEDS} for name in models},
        before=dict.fromkeys(("control", "finetuned"), kernels),
        after=dict.fromkeys(models, kernels),
        compacted=dict.fromkeys(models, compacted),
        inputs={name: {str(seed): [0, 1, 6] for seed in SEEDS} for name in models},
        found=FOUND,
    )  # fmt: skip
    return made._replace(**changed)


def costs_of(size: int) -> dict[str, Any]:
    """A model's entry in `costs.json`: each of its two files runs on the devices that take it."""
    every = {"bytes": size // 2, "macs": size, "weights": 100, "nonzero": size // 60,
             "peak_activation_bytes": 576}  # fmt: skip
    micro = {"arena_bytes": size // 5 + 800, "micro_difference": 1e-7}
    npu = {"cycles": size // 4, "sram_kib": 1.5, "flash_kib": size / 1000}
    floats = over_seeds({seed: {**every, **micro} for seed in SEEDS})
    int8 = over_seeds({seed: {**every, **micro, **npu} for seed in SEEDS})
    return {
        "minified_float32": {**floats, "why": {"ethos_u": "Vela takes int8 files only"}},
        "minified_int8": {**int8, "cpu_operators": {}, "why": {}},
    }


def measured_of(ratios: dict[str, float], sha256: str = "0" * 64) -> Any:
    """A device's file of times: each file's ratio to the baseline's."""
    files = {
        key: SimpleNamespace(
            sha256=sha256,
            xnnpack=SimpleNamespace(
                p50_us=20 * ratio,
                ratio=SimpleNamespace(median=ratio, low=ratio * 0.9, high=ratio * 1.1),
            ),
        )
        for key, ratio in ratios.items()
    }
    return SimpleNamespace(processor="a <processor>", files=files)


def results_of_classes(names: list[str]) -> Results:
    """Images and a small network with a convolution, which cannot be compacted."""
    task = TASKS["binary" if len(names) == 2 else "multiclass"]
    random = np.random.default_rng(1)
    true = np.arange(60) % len(names)
    given = random.dirichlet(np.ones(len(names)), (len(SEEDS), len(true)))
    made = results([0.1, 0.11, 0.09, 0.1, math.nan], task=task)
    predicted = {seed: own[:, 1] if len(names) == 2 else own
                 for seed, own in zip(SEEDS, given, strict=True)}  # fmt: skip
    kernels = {"conv_1": random.normal(size=(3, 3, 1, 4)), "output": random.normal(size=(64, 3))}
    kernels["conv_1"][..., 0] = 0
    return made._replace(
        data=Data(task, "kind", classes=names),
        output="softmax",
        true=true,
        predicted=dict.fromkeys(made.models, predicted),
        before=dict.fromkeys(made.before, dict.fromkeys(SEEDS, kernels)),
        after=dict.fromkeys(made.models, dict.fromkeys(SEEDS, kernels)),
        compacted=dict.fromkeys(made.models, dict.fromkeys(SEEDS, kernels)),
        inputs={name: {str(seed): None for seed in SEEDS} for name in made.models},
    )


def validated(made: Results, model: str, errors: list[float]) -> Results:
    """The same, where a model and its files have other errors on validation rows."""
    by_seed = dict(zip(map(str, SEEDS), errors, strict=True))
    null = {seed: None if math.isnan(error) else error for seed, error in by_seed.items()}
    median = None if None in null.values() else float(np.median(errors))
    own = {artifact: {**figures, "validation": {"median": median, "seeds": null}}
           for artifact, figures in made.sizes[model].items()}  # fmt: skip
    return made._replace(sizes={**made.sizes, model: own})


def of_few_seeds(made: Results, seeds: int) -> Results:
    """The same of the first seeds."""
    some = json.loads(json.dumps([made.evaluation, made.sizes]))
    for by_seed in _by_seed(some):
        for seed in SEEDS[seeds:]:
            del by_seed[str(seed)]
    return made._replace(evaluation=some[0], sizes=some[1])


def _by_seed(data: Any) -> Iterator[dict[str, Any]]:
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        if key == "seeds":
            yield value
        elif isinstance(value, dict | list):
            yield from _by_seed(value)


def _curves(losses: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (model, seed, epoch, loss / epoch + 1, loss + 1 / epoch, 0.1 * epoch)
            for model, loss in losses.items()
            for seed in SEEDS
            for epoch in range(1, 6)
        ],
        columns=["model", "seed", "epoch", "loss", "val_loss", "sparsity"],
    )


def _points() -> pd.DataFrame:
    return pd.DataFrame(
        [
            (kind, seed, sparsity, 1000 * (1 - sparsity) + 50, 1 / (1.01 - sparsity),
             2 / (1.01 - sparsity))
            for kind, sparsity in (("dense", 0.0), ("pruned", 0.5), ("pruned", 0.9))
            for seed in SEEDS
        ],
        columns=["kind", "seed", "sparsity", "gzip_bytes", "error", "int8_error"],
    )  # fmt: skip


def curve_costs() -> pd.DataFrame:
    """What the files of `_points` cost, and those of small dense networks beside them."""
    rows = []
    for kind, sparsity in (("dense", 0.0), ("pruned", 0.5), ("pruned", 0.9), ("smaller", 0.5),
                           ("smaller", 0.9)):  # fmt: skip
        fewer = 1 - sparsity if kind == "smaller" else 1.0
        for seed in SEEDS:
            for type_ in ("float32", "int8"):
                npu = {"arena_bytes": 2000 * fewer, "cycles": 3000 * fewer, "sram_kib": 1.5,
                       "flash_kib": 8 * (1 - sparsity) + 1}  # fmt: skip
                if type_ == "float32":
                    npu = dict.fromkeys(npu, math.nan)
                rows.append({"kind": kind, "sparsity": sparsity, "seed": seed, "type": type_,
                             "bytes": 4000 * fewer, "gzip_bytes": 1000 * (1 - sparsity) + 50,
                             "macs": 1000 * fewer, "nonzero": 1000 * (1 - sparsity),
                             "peak_activation_bytes": 576, **npu})  # fmt: skip
    return pd.DataFrame(rows)


def panel(picture: Picture, name: str) -> str:
    """What a picture of panels says in words of one of them."""
    found = re.search(rf"{re.escape(name)}: (.*?)(?:\. [A-Z]|\.$)", picture.alt)
    assert found, picture.alt
    return found[1]
