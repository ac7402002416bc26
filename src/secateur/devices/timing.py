"""What files cost in time on this machine: with XNNPACK and without, beside the baseline's file.

It needs the standard library and ai-edge-litert, and no Secateur but for its siblings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from secateur.devices import benchmark_model, loading, machine, turns
from secateur.devices.turns import Timed, Turns

KERNELS = ("xnnpack", "builtin")  # XNNPACK on, and off: LiteRT's own
Say = Callable[[str], None]
Figures = dict[str, Any]


def measure(
    files: Mapping[str, Path],
    baselines: Mapping[str, str],
    baseline: str,
    how: Turns,
    program: str | None = None,
    say: Say = print,
) -> Figures:
    """Time each file with and without XNNPACK; return the content of a file of measured time.

    Args:
        files: by key. Those with the same baseline are of one type, and take turns: a machine that
            gets slower slows all of them.
        baselines: by key, the key of the file to which its ratio is.
        baseline: the one that the result names.
        how: how often, and for how long.
        program: the path of a `benchmark_model`, to time with in place of ai-edge-litert.
        say: is told of the progress.

    A file that cannot run has a sentence `why` in place of its figures.
    """
    found = {key: describe(path) for key, path in files.items()}
    faults = {} if program else _faults(files)
    groups = sorted({(baselines[key], kernels) for key in files for kernels in KERNELS})
    run = [
        ({k: files[k] for k in files if baselines[k] == of and (k, kernels) not in faults}, kernels)
        for of, kernels in groups
    ]
    timed: Sequence[Mapping[str, Timed | str]]
    if program:
        timed = [benchmark_model.timed(program, own, k, how, say) for own, k in run]
    else:
        timed = turns.timed(run, how, say)
    for (of, kernels), outcome in zip(groups, timed):  # noqa: B905
        for key in [key for key in files if baselines[key] == of]:
            own = outcome.get(key, faults.get((key, kernels)))
            found[key][kernels] = _figures(own, outcome.get(of))
    return {
        "processor": machine.processor(),
        "system": machine.system(),
        "runtime": runtime(program),
        "threads": 1,
        "rounds": how.rounds,
        "calls_at_once": 1 if program else turns.CALLS_AT_ONCE,
        "baseline": baseline,
        "files": found,
    }


def describe(path: Path) -> Figures:
    """Return a file's `sha256` and `bytes`; raises OSError."""
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def runtime(program: str | None) -> str:
    """Name what runs the files, and its version."""
    if program:
        return "benchmark_model"
    try:
        return f"ai-edge-litert {metadata.version('ai-edge-litert')}"
    except metadata.PackageNotFoundError:
        return "ai-edge-litert"


def _faults(files: Mapping[str, Path]) -> dict[tuple[str, str], str]:
    """Return why files cannot run, by key and kernels."""
    pairs = [(key, kernels) for key in files for kernels in KERNELS]
    tried = loading.try_each([(files[key], kernels) for key, kernels in pairs])
    # Python 3.9 has no `strict`.
    return {pair: why for pair, why in zip(pairs, tried) if why is not None}  # noqa: B905


def _figures(own: Timed | str | None, of: Timed | str | None) -> Figures:
    """Return a file's figures; the ratio is that of the medians, round by round."""
    if not isinstance(own, Timed):
        return {"why": own}
    if not isinstance(of, Timed):
        return own.figures
    pairs = zip(own.rounds, of.rounds)  # noqa: B905
    low, median, high = map(turns.short, turns.percentiles([mine / its for mine, its in pairs]))
    return {**own.figures, "ratio": {"median": median, "low": low, "high": high}}
