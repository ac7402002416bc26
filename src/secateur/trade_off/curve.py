"""The trade-off curve: pruned networks beside the controls that the literature recommends."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from secateur.compress.compaction import compacted
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.trade_off import fewer_channels
from secateur.trade_off.fewer_channels import FewerChannels
from secateur.trade_off.kinds import Given, Kind, Smaller, hidden_units
from secateur.train import seeds_apart


class Point(NamedTuple):
    """A trained model of one kind, sparsity and seed, compacted."""

    kind: str  # dense, pruned, random, smaller or channels
    sparsity: float  # target for the kernels; 0 for dense
    seed: int
    model: keras.Model
    inputs: list[int] | None  # that the model still reads; None: all


def points(given: Given, paths: Sequence[Path]) -> Iterator[Point]:
    """Train and yield every point; all train equally long, the baseline's epochs included.

    `dense` trains the baseline further. For each sparsity, `pruned` prunes the baseline's layers
    that tfmot can prune, by a polynomial schedule (Zhu & Gupta 2017), `random` gives each of them a
    random mask of that sparsity, and `smaller` trains a dense network from new weights with as many
    parameters as survived pruning (Blalock et al. 2020). `channels` removes whole channels of the
    baseline, so that at most as many weights stay as with the sparsity, and trains on; a sparsity
    that no removal can reach has no such point, and a line says why.

    `paths` are the files and folders that all follow from. A training that has finished is kept.
    """
    gone, why = fewer_channels.chosen(given)  # says first what there will not be
    for line in why:
        print(f"trade_off: {line}", flush=True)
    runs = [(s, seed) for s in given.settings.sparsities for seed in given.starts]
    survived: dict[float, list[int]] = {}
    for kind, units in (
        ("dense", [(0.0, seed) for seed in given.starts]), ("pruned", runs), ("random", runs),
    ):  # fmt: skip
        print(f"trade_off: training {len(units)} models, {kind}", flush=True)
        for (sparsity, seed), path, _ in seeds_apart.files_of(Kind(given, kind, units), paths):
            point = _point(given, kind, sparsity, seed, path)
            if kind == "pruned":
                remaining = sum(int(np.count_nonzero(w)) for w in point.model.get_weights())
                survived.setdefault(sparsity, []).append(remaining)
            yield point
    medians = {s: float(np.median(counts)) for s, counts in survived.items()}
    yield from _smaller(given, medians, paths)
    if gone:
        print(f"trade_off: training {len(gone)} models, channels", flush=True)
        fewer = FewerChannels(given, gone)
        for (sparsity, seed), path, _ in seeds_apart.files_of(fewer, paths):
            yield _point(given, "channels", sparsity, seed, path)


def _smaller(
    given: Given, parameters: Mapping[float, float], paths: Sequence[Path]
) -> Iterator[Point]:
    """Train dense networks with about as many `parameters`, given by sparsity."""
    inputs = given.rows()[0].x.shape[1:]
    widths = {s: hidden_units(given, count, inputs) for s, count in parameters.items()}
    for hidden in dict.fromkeys(widths.values()):
        print(f"trade_off: training {len(given.starts)} models, smaller: {hidden} hidden units",
              flush=True)  # fmt: skip
        for seed, path, _ in seeds_apart.files_of(Smaller(given, hidden), paths):
            for sparsity in (s for s in widths if widths[s] == hidden):
                yield _point(given, "smaller", sparsity, seed, path)


def _point(given: Given, kind: str, sparsity: float, seed: int, path: Path) -> Point:
    model = h5_files.load(path, given.model.safe_mode)
    return Point(kind, sparsity, seed, *compacted(model))
