"""Compare the measured ratios with the project's targets."""

import statistics
from collections.abc import Mapping, Sequence

from measure import table

# The measured median ratio of each target.
measured: dict[str, float] = {}
TARGETS = {
    "an epoch: stock `fit` takes, dense, at least 50 times ours": ("fit dense", 50, True),
    "an epoch: stock `fit` takes, pruned, at least 50 times ours": ("fit pruned", 50, True),
    "an epoch: JAX takes, dense, at least as long as ours": ("jax dense", 1, True),
    "an epoch: JAX takes, pruned, at least as long as ours": ("jax pruned", 1, True),
    "a stage without its training: at most 1.3 times the import": ("stage", 1.3, False),
    "time a row, 1 million to 100 thousand rows: at most 1.1": ("row", 1.1, False),
    "memory: at most 3 times the data, 1 million rows": ("memory", 3, False),
    "`dvc repro`, one seed: at most a tenth of the notebook": ("one seed", 0.1, False),
    "`dvc repro`, five seeds: at most a third of the notebook": ("five seeds", 1 / 3, False),
}


def median_ratio(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the median of a / b, pair by pair."""
    return statistics.median(x / y for x, y in zip(a, b, strict=True))


def targets(wanted: Mapping[str, tuple[str, float, bool]] = TARGETS) -> str:
    """Return a table of which targets are met and by how much the others are missed."""
    rows = []
    for text, (key, bound, at_least) in wanted.items():
        if key not in measured:
            rows.append([text, "not measured", ""])
            continue
        value = measured[key]
        met = value >= bound if at_least else value <= bound
        miss = bound / value if at_least else value / bound
        rows.append([text, f"{value:.3g}", "met" if met else f"missed by {miss - 1:.0%}"])
    return table(["target", "measured", ""], rows)
