"""Predict with Keras models and summarize how well they predict."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from secateur.arrays.ahead import ahead
from secateur.arrays.rows import Readable, Rows, rows_at_once
from secateur.compress.sparsity import sparsity
from secateur.core.seeds import over_seeds
from secateur.core.tasks import Task
from secateur.evaluate.scoring import by_output, collapsed, missed, scores
from secateur.keras_io.activations import largest_output
from secateur.keras_io.backend import keras, tf
from secateur.keras_io.by_step import runs_by_step

Predict = Callable[[keras.Model, Readable], np.ndarray]


def predictor() -> Predict:
    """Return a function that predicts (n, outputs) float32 with a model for x (n, *inputs).

    XLA compiles it where it compiles training, so that the last digits do not depend on the
    processor. It compiles once for each architecture, because compiling takes longer than
    predicting.
    """
    twins: dict[str, tuple[keras.Model, Any]] = {}

    def predict(model: keras.Model, x: Readable) -> np.ndarray:
        architecture = model.to_json()
        if architecture not in twins:
            twins[architecture] = model, _compile(model)
        twin, compiled = twins[architecture]
        own = [variable.numpy() for variable in twin.variables]
        _assign(twin, [variable.numpy() for variable in model.variables])
        step = rows_at_once(largest_output(model))
        blocks = ahead(x[start : start + step] for start in range(0, len(x), step))
        predicted = np.concatenate([compiled(tf.constant(block)).numpy() for block in blocks])
        _assign(twin, own)
        return predicted

    return predict


def _compile(model: keras.Model) -> Any:
    return tf.function(
        lambda x: model(x, training=False), jit_compile=not runs_by_step(model), autograph=False
    )


def _assign(model: keras.Model, values: list[np.ndarray]) -> None:
    for variable, value in zip(model.variables, values, strict=True):
        variable.assign(value)


def evaluate(
    task: Task,
    model: keras.Model,
    predicted: np.ndarray,
    rows: Rows,
    names: Sequence[str] = (),
    anomalous: np.ndarray | None = None,
) -> dict[str, Any]:
    """Return one model's `scores` and `sparsity`; `outputs` by `names` if these are several.

    `anomalous` (n,) marks rows, as in `scores`.
    """
    each = {"outputs": by_output(names, predicted, rows)} if len(names) > 1 else {}
    return {**scores(task, predicted, rows, anomalous), **each, "sparsity": sparsity(model)}


def report(
    task: Task,
    name: str,
    figures: Mapping[str, Mapping[int, Mapping[str, Any]]],
    targets: Mapping[str, float],
    curves: pd.DataFrame,
) -> dict[str, Any]:
    """Return a model's entry in the metrics; warn of runs that failed and of a missed sparsity.

    The entry summarizes `figures`, by artifact and seed, over the seeds. `targets` are the
    kernels' target sparsities. `epochs` in the entry is how long each seed trained, from `curves`.
    """
    own = figures["stripped"]
    dead = [seed for seed, f in own.items() if collapsed(f[task.explained])]
    diverged = [seed for seed in dead if not math.isfinite(own[seed][task.metric])]
    _warn(name, diverged, own, "diverged: its predictions are not finite")
    _warn(name, [s for s in dead if s not in diverged], own, f"no better than {task.guess}")
    reached = {
        layer: float(np.median([f["sparsity"][layer] for f in own.values()])) for layer in targets
    }
    others = [
        f"{layer} {reached[layer]:.1%} in place of {targets[layer]:.1%}"
        for layer in missed(targets, reached)
    ]
    if others and not diverged:
        print(
            f"warning: {name}: another sparsity than its target: {', '.join(others)}; equal "
            "weights, blocks and small kernels can cause it",
            flush=True,
        )
    epochs = curves.groupby("seed")["epoch"].max()
    return {
        "collapsed": len(dead),
        "diverged": len(diverged),
        "epochs": over_seeds({seed: int(epochs[seed]) for seed in own}),
        "target": dict(targets),
        **{artifact: over_seeds(by_seed) for artifact, by_seed in figures.items()},
    }


def _warn(name: str, seeds: list[int], all_seeds: Collection[int], why: str) -> None:
    if seeds:
        print(
            f"warning: {name}: {len(seeds)} of {len(all_seeds)} runs collapsed ({why}): seed "
            f"{', '.join(map(str, seeds))}",
            flush=True,
        )


def plot_rows(
    task: Task, name: str, figures: Mapping[int, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return one row per seed for DVC's plots; `error` holds the task's own error."""
    rows = []
    for seed, own in figures.items():
        rest = {key: value for key, value in own.items() if key not in (task.metric, "outputs")}
        sparsity = own["sparsity"]["kernels"]
        rows.append({"model": name, "seed": seed, "error": own[task.metric], **rest})
        rows[-1]["sparsity"] = sparsity
    return rows
