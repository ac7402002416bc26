"""The record of a small made-up search."""

from typing import Any

from secateur.search.record import Judged, Record, Tried

KEYS = ("recipes.small.epochs", "recipes.small.schedule.final_sparsity", "recipes.small.spread")


def record(**changed: Any) -> Record:
    """Of six trials, of which three have both seeds, one failed, and 4 is the best."""
    errors = {1: (0.2, 0.3), 2: (0.4, None), 3: (0.5, 0.45), 4: (0.1, 0.15), 5: (0.9, None)}
    trials = [
        Tried(
            number=number,
            values=dict(zip(KEYS, (10 * number, 0.5 + number / 20, "uniform"), strict=True)),
            figures={
                str(seeds): {
                    "error": error, "gzip_bytes": 500 - 20 * number + seeds, "artifact": "a",
                }
                for seeds, error in zip((1, 2), own, strict=True)
                if error is not None
            },
        )
        for number, own in errors.items()
    ]  # fmt: skip
    trials.append(Tried(number=6, values=dict(zip(KEYS, (60, 0.8, "global"), strict=True)),
                        figures={}, why="it broke"))  # fmt: skip
    content: dict[str, Any] = {
        "recipe": "small", "recipes": {"small": {"start": "initial", "epochs": 10}},
        "device": "cpu", "minimize": ["error", "gzip_bytes"],
        "at_most": {"gzip_bytes": 600}, "sampler": "TPE", "seeds": [0, 1], "unseen_seeds": [5, 6],
        "trials": trials, "front": [4], "best": 4,
        "importances": {"error": dict(zip(KEYS, (0.7, 0.2, 0.1), strict=True))},
        "judged": [
            Judged(number=4, figures={"error": 0.18, "gzip_bytes": 421},
                   errors={"5": 0.17, "6": 0.21}, error=0.19, baseline=0.4),
            Judged(number=1, figures={"error": 0.29, "gzip_bytes": 481},
                   errors={"5": 0.31, "6": 0.2}, error=0.255, baseline=0.4),
        ],
    }  # fmt: skip
    return Record(**{**content, **changed})
