"""Time TFLite files that take turns, with LiteRT on one thread, as LiteRT's own benchmark does.

It needs the standard library and ai-edge-litert, and no Secateur but for its sibling `loading`.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter_ns
from typing import Any, NamedTuple

from secateur.devices import loading

CALLS_AT_ONCE = 20  # at most: one call may be too short for a clock
BLOCK = 1_000_000  # nanoseconds between two looks at the clock, unless so many calls are shorter
LEAST_RUNS = 50  # of a file; LiteRT's benchmark has the same
LOADS = 3  # of a file; the median initialisation and first run count


class Turns(NamedTuple):
    """How often files have their turn, and for how long."""

    rounds: int
    seconds: float  # of one file in all rounds together, or `LEAST_RUNS` if they take longer
    warm_up_seconds: float  # of one file; it runs once at least


class Timed(NamedTuple):
    """What was measured of a file."""

    figures: dict[str, Any]
    rounds: list[float]  # the median of each, in microseconds


def timed(files: Mapping[str, Path], kernels: str, how: Turns) -> dict[str, Timed]:
    """Time files, which all can run, round by round."""
    if not files:
        return {}
    with loading.quiet():
        loading.load(next(iter(files.values())), kernels)  # what LiteRT does once in a process
        loaded = {key: _loaded(path, kernels) for key, path in files.items()}
    invoke = {key: interpreter.invoke for key, (interpreter, _, _) in loaded.items()}
    calls, blocks = {}, {}
    for key in files:
        one = _warm_up(invoke[key], how.warm_up_seconds)
        calls[key] = max(1, min(CALLS_AT_ONCE, round(BLOCK / one)))
        wanted = max(how.seconds * 1e9 / one, LEAST_RUNS)
        blocks[key] = math.ceil(wanted / (how.rounds * calls[key]))
    found: dict[str, list[list[float]]] = {key: [] for key in files}
    order = list(files)
    with _without_collecting():
        for _ in range(how.rounds):
            for key in order:
                _block(invoke[key], calls[key])  # the file before has filled the caches
                found[key].append([_block(invoke[key], calls[key]) for _ in range(blocks[key])])
            order = order[1:] + order[:1]
    return {key: _summary(loaded[key][1:], found[key], calls[key]) for key in files}


def _loaded(path: Path, kernels: str) -> tuple[Any, float, float]:
    """Return an interpreter, and the median nanoseconds of its initialisation and first run."""
    interpreter, initialisations, firsts = None, [], []
    for _ in range(LOADS):
        interpreter, initialisation, first = loading.load(path, kernels)
        initialisations.append(initialisation)
        firsts.append(first)
    return interpreter, percentiles(initialisations)[1], percentiles(firsts)[1]


def _warm_up(invoke: Callable[[], None], seconds: float) -> float:
    """Run for so long, once at least; return the median nanoseconds of a call."""
    found = [_block(invoke, 1)]
    end = perf_counter_ns() + seconds * 1e9
    while perf_counter_ns() < end:
        found.append(_block(invoke, 1))
    return max(1.0, percentiles(found)[1])


def _block(invoke: Callable[[], None], calls: int) -> int:
    """Return the nanoseconds of so many calls."""
    times = itertools.repeat(None, calls)
    start = perf_counter_ns()
    for _ in times:
        invoke()
    return perf_counter_ns() - start


def _summary(loads: Sequence[float], turns: Sequence[Sequence[float]], calls: int) -> Timed:
    """Summarize a file's two times of loading, and its blocks of so many calls by round."""
    in_call = [[block / calls / 1e3 for block in turn] for turn in turns]
    blocks = list(itertools.chain.from_iterable(in_call))
    low, median, high = percentiles(blocks)
    figures = {
        "initialisation_us": short(loads[0] / 1e3), "first_us": short(loads[1] / 1e3),
        "p5_us": short(low), "p50_us": short(median), "p95_us": short(high),
        "calls": len(blocks) * calls,
    }  # fmt: skip
    return Timed(figures, [percentiles(turn)[1] for turn in in_call])


def percentiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the 5th, 50th and 95th percentile, interpolated between neighbours."""
    ranked = sorted(values)
    found = []
    for share in (0.05, 0.5, 0.95):
        place = share * (len(ranked) - 1)
        below, above = ranked[math.floor(place)], ranked[math.ceil(place)]
        found.append(below + (above - below) * (place - math.floor(place)))
    return found[0], found[1], found[2]


def short(value: float) -> float:
    """Round to five digits: no clock gives more."""
    return float(f"{value:.5g}")


@contextlib.contextmanager
def _without_collecting() -> Iterator[None]:
    """Keep Python from looking for garbage within the block."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
