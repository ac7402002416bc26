"""Seeds: every training runs once per seed, and every metric summarizes all seeds."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field

ABOUT = "about.json"  # beside the models of all seeds: what is known of their trainings


def _no_repeats(seeds: list[int]) -> list[int]:
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"{seeds}: a seed is repeated; list each once")
    return seeds


Seeds = Annotated[
    list[Annotated[int, Field(ge=0, lt=2**32)]], Field(min_length=1), AfterValidator(_no_repeats)
]


def seed_file(folder: Path, seed: int) -> Path:
    """Return the path of one seed's model in the folder of all seeds."""
    return folder / f"seed_{seed}.h5"


def over_seeds(figures: Mapping[int, Any]) -> dict[str, Any]:
    """Return the `median` and each seed's value; what else there is to know follows from these.

    Figures nested by name give a result nested by the same names. A value that is not finite makes
    the median not finite; it is never left out.
    """
    first = next(iter(figures.values()))
    if isinstance(first, Mapping):
        return {key: over_seeds({s: f[key] for s, f in figures.items()}) for key in first}
    values = np.array(list(figures.values()), dtype=np.float64)
    with np.errstate(invalid="ignore"):
        median = float(np.median(values))
    return {"median": median, "seeds": {str(seed): figure for seed, figure in figures.items()}}
