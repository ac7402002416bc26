"""Which file of a model ships, and which recipe is recommended.

The functions here take `Candidate` and `Evidence`, which hold no figure of a test row. Test rows
judge what was chosen: an error that also chose would be too good.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from statistics import median
from typing import Any, NamedTuple

# A file may ship if its error is at most so many times its source model's.
LOSS = 1.05
# A recipe is not recommended if a seed's error is over so many times the baseline's median.
FAR = 10
# What Keras reads, and no device.
KERAS_FILES = ("unstripped", "stripped", "compacted", "clustered")


class Candidate(NamedTuple):
    """A file of a model: medians over the seeds."""

    gzip_bytes: float
    bytes: float
    error: float  # on validation rows; infinite: not finite


class Evidence(NamedTuple):
    """What may choose of one model."""

    errors: Mapping[str, float]  # of the stripped network on validation rows, by seed
    files: Mapping[str, Candidate]  # by artifact
    over: frozenset[str] = frozenset()  # the artifacts that break the budget

    @property
    def error(self) -> float:
        """The median over the seeds."""
        return median(self.errors.values())

    @property
    def best_seed(self) -> int:
        """The seed with the lowest error, the first of those that have it."""
        return min(map(int, self.errors), key=lambda seed: (self.errors[str(seed)], seed))

    @property
    def ships(self) -> str:
        """The artifact to ship."""
        return to_ship(self.files, self.over)

    @property
    def file(self) -> Candidate:
        """The file to ship."""
        return self.files[self.ships]


class Recommended(NamedTuple):
    """What is chosen among the recipes, or why nothing is."""

    chosen: str | None
    larger: str | None = None  # a recipe whose larger file has a lower error
    nearest: str | None = None  # where none keeps the baseline's error, the one with the least
    lost: bool = False  # whether the baseline collapsed, and there is nothing to compare with


def evidence(artifacts: Mapping[str, Any], over: Collection[str] = ()) -> Evidence:
    """Return what may choose of a model's figures by artifact, as `measure_sizes` writes them.

    `over` names the artifacts that break the budget.
    """
    return Evidence(
        {seed: _number(own) for seed, own in artifacts["stripped"]["validation"]["seeds"].items()},
        candidates(artifacts),
        frozenset(over),
    )


def candidates(artifacts: Mapping[str, Any]) -> dict[str, Candidate]:
    """Return what may choose among a model's files."""
    return {
        artifact: Candidate(
            figures["gzip_bytes"]["median"],
            figures["bytes"]["median"],
            _number(figures["validation"]["median"]),
        )
        for artifact, figures in artifacts.items()
    }


def _number(figure: float | None) -> float:
    """Return a figure of the metrics; None, which was not finite, becomes infinity."""
    return math.inf if figure is None else figure


def good(file: Candidate, source: Candidate) -> bool:
    """Return whether a file predicts as its source model does."""
    return math.isfinite(source.error) and file.error <= LOSS * source.error


def to_ship(files: Mapping[str, Candidate], over: Collection[str] = ()) -> str:
    """Return the smallest TFLite artifact, gzipped, that predicts like the stripped model.

    One of `over` breaks the budget, and ships only where each other one does, too.
    If none does, it is the smallest of the model's Keras files. A model whose predictions are not
    finite has no such file either: it is the stripped model itself.
    """
    source = files["stripped"]
    if not math.isfinite(source.error):
        return "stripped"
    found = [name for name, own in files.items() if name != "unstripped" and good(own, source)]
    ships = [name for name in found if name not in KERAS_FILES]
    kept = [name for name in ships if name not in over]
    return min(kept or ships or found, key=lambda name: files[name].gzip_bytes)


def for_device(
    files: Mapping[str, Candidate], source: Candidate, *, stored: bool = False
) -> str | None:
    """Return the smallest of the artifacts that a device runs and that predict as their source.

    Where none does, it is the one with the least error; None where no error is finite. If the
    device holds a file as it is, its own bytes count, else the gzipped ones.
    """
    finite = {name: own for name, own in files.items() if math.isfinite(own.error)}
    found = {name: own for name, own in finite.items() if good(own, source)}
    if not found:
        return min(finite, key=lambda name: finite[name].error, default=None)

    # Where TFLite quantizes nothing, for want of a large kernel, `dynamic` is the float32 file.
    def cost(name: str) -> tuple[float, float, bool]:
        own = found[name]
        return own.bytes if stored else 0, own.gzip_bytes, name.endswith("dynamic")

    return min(found, key=cost)


def recommend(models: Mapping[str, Evidence], pruned: Sequence[str], guess: float) -> Recommended:
    """Return the recipe whose file is the smallest among those no worse than the baseline.

    No worse is a recipe whose median error is no higher, none of whose seeds is far from that
    (`FAR`): with more seeds it would be a network that now and then does not work. A recipe most of
    whose seeds are no better than a guess is never chosen, and none is where the baseline is such.

    Args:
        models: of the baseline and of the recipes.
        pruned: the recipes to choose from.
        guess: the error of the best guess without inputs, on the same rows.
    """
    most = models["baseline"].error

    def lost(name: str) -> bool:
        errors = models[name].errors.values()
        return 2 * sum(not error < guess for error in errors) > len(errors)

    def keeps(name: str) -> bool:
        own = models[name]
        return math.isfinite(own.error) and own.error <= most and not is_far(own, most)

    if not pruned or lost("baseline"):
        return Recommended(None, lost=bool(pruned))
    found = [name for name in pruned if keeps(name) and not lost(name)]
    if not found:
        return Recommended(None, nearest=min(pruned, key=lambda name: models[name].error))
    chosen = min(found, key=lambda name: models[name].file.gzip_bytes)
    better = [name for name in found if models[name].file.error < models[chosen].file.error]
    larger = min(better, key=lambda name: models[name].file.gzip_bytes, default=None)
    return Recommended(chosen, larger)


def is_far(model: Evidence, baseline: float) -> bool:
    """Return whether a seed's error is far above the baseline's median."""
    return max(model.errors.values()) > FAR * baseline
