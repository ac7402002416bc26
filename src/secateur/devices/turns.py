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
LOADS = 5  # of a file; the median initialisation and first run count


class Turns(NamedTuple):
    """How often files have their turn, and for how long."""

    rounds: int
    seconds: float  # of one file in all rounds together, or `LEAST_RUNS` if they take longer
    warm_up_seconds: float  # of one file; it runs once at least


class Timed(NamedTuple):
    """What was measured of a file."""

    figures: dict[str, Any]
    rounds: list[float]  # the median of each, in microseconds


class Part(NamedTuple):
    """How a file's turn is divided."""

    calls: int  # between two looks at the clock
    blocks: int  # of so many calls


def timed(files: Mapping[str, Path], kernels: str, how: Turns) -> dict[str, Timed]:
    """Time files, which all can run, round by round.

    All are loaded anew a few times: where a file lies in memory changes its time by some percent.
    """
    loads: dict[str, list[tuple[int, int]]] = {key: [] for key in files}
    found: dict[str, list[list[int]]] = {key: [] for key in files}
    parts: dict[str, Part] = {}
    order, times = list(files), min(LOADS, how.rounds)
    for number in range(times if files else 0):
        with loading.quiet():
            if not number:  # what LiteRT does once in a process
                loading.load(files[order[0]], kernels)
            loaded = {key: loading.load(files[key], kernels) for key in order}
        invoke = {key: loading.caller(one) for key, (one, *_) in loaded.items()}
        for key in order:
            loads[key].append(loaded[key][1:])
            one = _warm_up(invoke[key], how.warm_up_seconds / times)
            parts.setdefault(key, _part(one, how))
        for _ in range(number, how.rounds, times):
            _round(order, invoke, parts, found)
            order = order[1:] + order[:1]
    return {key: _summary(loads[key], found[key], parts[key].calls) for key in files}


def _part(one: float, how: Turns) -> Part:
    """Divide the turns of a file whose call takes so many nanoseconds."""
    calls = max(1, min(CALLS_AT_ONCE, round(BLOCK / one)))
    wanted = max(how.seconds * 1e9 / one, LEAST_RUNS)
    return Part(calls, math.ceil(wanted / (how.rounds * calls)))


def _round(
    order: Sequence[str],
    invoke: Mapping[str, Callable[[], Any]],
    parts: Mapping[str, Part],
    found: Mapping[str, list[list[int]]],
) -> None:
    """Give each file its turn, and add the nanoseconds of its blocks to what is found."""
    with _without_collecting():
        for key in order:
            calls, blocks = parts[key]
            _block(invoke[key], calls)  # the file before has filled the caches
            found[key].append([_block(invoke[key], calls) for _ in range(blocks)])


def _warm_up(invoke: Callable[[], Any], seconds: float) -> float:
    """Run for so long, once at least; return the median nanoseconds of a call."""
    found = [_block(invoke, 1)]
    end = perf_counter_ns() + seconds * 1e9
    while perf_counter_ns() < end:
        found.append(_block(invoke, 1))
    return max(1.0, percentiles(found)[1])


def _block(invoke: Callable[[], Any], calls: int) -> int:
    """Return the nanoseconds of so many calls."""
    times = itertools.repeat(None, calls)
    start = perf_counter_ns()
    for _ in times:
        invoke()
    return perf_counter_ns() - start


def _summary(
    loads: Sequence[tuple[int, int]], turns: Sequence[Sequence[float]], calls: int
) -> Timed:
    """Summarize a file's loads and its blocks of so many calls, which are in nanoseconds."""
    initialisation, first = (percentiles([load[which] for load in loads])[1] for which in (0, 1))
    in_call = [[block / calls / 1e3 for block in turn] for turn in turns]
    blocks = list(itertools.chain.from_iterable(in_call))
    low, median, high = percentiles(blocks)
    figures = {
        "initialisation_us": short(initialisation / 1e3), "first_us": short(first / 1e3),
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
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
