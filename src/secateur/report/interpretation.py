"""Interpret the trade-off curve and the inputs that models read."""

from collections.abc import Mapping
from statistics import median

import numpy as np
import pandas as pd

from secateur.data.friedman1 import USED
from secateur.report.formatting import count
from secateur.report.results import Inputs, Results


def inputs_read(read: Inputs, features: int) -> str:
    """Say how many inputs each model still reads."""
    found = [
        f"{model} {median(features if c is None else len(c) for c in by_seed.values()):g}"
        for model, by_seed in read.items()
    ]
    return f"Inputs still read, of {features}, median over the seeds: {', '.join(found)}."


def noise_read(read: Inputs, features: int) -> str:
    """Say which models still read the noise inputs of Friedman #1."""
    if features <= USED:
        return ""
    whole_row = range(features)
    counts = {
        model: [
            sum(column >= USED for column in (whole_row if columns is None else columns))
            for columns in by_seed.values()
        ]
        for model, by_seed in read.items()
    }
    rest = features - USED
    none = [model for model, found in counts.items() if not any(found)]
    whole = [model for model, found in counts.items() if all(n == rest for n in found)]
    some = [model for model in counts if model not in none + whole]
    phrases = [
        f"{label}: {', '.join(group)}"
        for label, group in (
            ("No seed reads any of them", none),
            ("some seeds read some", some),
            ("every seed reads all", whole),
        )
        if group
    ]
    text = "; ".join(phrases)
    return text[0].upper() + text[1:] + "."


def kept(best: Mapping[str, str]) -> str:
    """Say which epoch's weights models keep; `best` has what a model's best epoch is best by."""
    sentence = "A model keeps the weights of its last epoch."
    if best:
        found = ", ".join(f"{model} (by {monitor})" for model, monitor in best.items())
        sentence += f" Of these it is the best one, and their curves end there: {found}."
    return sentence


def larger(results: Results) -> str:
    """Say which models' file to ship is larger than their stripped Keras file; empty if none."""
    found = []
    for model in results.models:
        own = results.evidence(model)
        shipped, stripped = own.file.gzip_bytes, own.files["stripped"].gzip_bytes
        if shipped > stripped:
            found.append(f"{model} ({shipped:,.0f} against {stripped:,.0f} bytes)")
    if not found:
        return ""
    return (
        f"Some files to ship are larger than the stripped Keras files: {', '.join(found)}. Beside "
        "the weights, a TFLite file holds every operation with the shapes of its tensors, and the "
        "operations of a recurrent layer once for each step."
    )


def pruning(points: pd.DataFrame) -> str:
    """Say at which sparsities pruned networks beat others of their size, seed by seed.

    `points` has `kind`, `seed`, `sparsity` and `error`.
    """
    error = points.fillna({"error": np.inf}).pivot_table(
        index=["sparsity", "seed"], columns="kind", values="error", sort=False
    )
    # As large as pruned ones at the same sparsity; those of channels are not.
    others = [kind for kind in error.columns if kind in ("random", "smaller")]
    if "pruned" not in error.columns or not others:
        return ""
    clear, rest = [], []
    for sparsity, own in error.dropna(subset=["pruned"]).groupby("sparsity"):
        lower = {other: int((own["pruned"] < own[other]).sum()) for other in others}
        if set(lower.values()) == {len(own)}:
            clear.append(f"{sparsity:.3g}")
        else:
            rest.append(
                f"{sparsity:.3g} ("
                + ", ".join(f"{n} of {len(own)} against {other}" for other, n in lower.items())
                + ")"
            )
    sentences = []
    if clear:
        sentences.append(
            f"Pruned is better than {' and '.join(others)} in every seed at a sparsity of "
            f"{', '.join(clear)}."
        )
    if rest:
        sentences.append(f"Not so at {', '.join(rest)}.")
    return " ".join(sentences)


def fewer_channels(points: pd.DataFrame) -> str:
    """Say at how many of its points removing channels beats training a small dense network.

    At one sparsity the two are not of one size. So a point wins where a small network of as many
    bytes or more has a higher median error, and loses where one of as many or fewer has none that
    is higher.
    """
    found = points.fillna({"error": np.inf})
    own, small = (
        found[found["kind"] == kind].groupby("sparsity")[["gzip_bytes", "error"]].median()
        for kind in ("channels", "smaller")
    )
    if own.empty or small.empty:
        return ""
    wins = loses = 0
    for size, error in own.itertuples(index=False):
        beaten = (small["error"] <= error) & (small["gzip_bytes"] <= size)
        beats = (small["error"] > error) & (small["gzip_bytes"] >= size)
        loses += beaten.any()
        wins += beats.any() and not beaten.any()
    won = count(wins) if wins else "none"
    said = (
        f"Removing channels beats training a small dense network at {won} of {count(len(own))} "
        "points: one of as many bytes or more has a higher median error."
    )
    if loses:
        said += (
            f" It does not at {count(loses)}: one of as many bytes or fewer has no higher median "
            "error."
        )
    if rest := len(own) - wins - loses:
        said += f" At {count(rest)} the curve has neither, and does not tell."
    return said


def collapsed(points: pd.DataFrame, guessed: float) -> str:
    """Say how many points of the curve predict no better than a guess with error `guessed`."""
    dead = points[~(points["error"] < guessed)]
    if dead.empty:
        return "None of the networks of the trade-off curve collapsed."
    kinds = ", ".join(f"{n} {kind}" for kind, n in dead.groupby("kind", sort=False).size().items())
    return f"Of the {len(points)} networks of the trade-off curve, {len(dead)} collapsed: {kinds}."


def left_out(found: Mapping[str, Mapping[str, Mapping[str, str]]]) -> list[str]:
    """Say which files are not there, and why; `found` is by model, artifact and seed."""
    return [
        f"{model}, {artifact}: left out, because of seed {', '.join(sorted(seeds, key=int))}: "
        + "; ".join(dict.fromkeys(seeds.values()))
        + "."
        for model, artifacts in found.items()
        for artifact, seeds in sorted(artifacts.items())
    ]
