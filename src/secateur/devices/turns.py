"""Time TFLite files that take turns, with LiteRT on one thread, as LiteRT's own benchmark does.

It needs the standard library and ai-edge-litert, and no Secateur but for its sibling `loading`.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter_ns
from typing import Any, NamedTuple

from secateur.devices import loading

CALLS_AT_ONCE = 20  # at most: one call may be too short for a clock
BLOCK = 1_000_000  # nanoseconds between two looks at the clock, unless so many calls are shorter
LEAST_RUNS = 50  # of a file; LiteRT's benchmark has the same
LOADS = 10  # of a file; the median initialisation and first run count
LARGEST_GAP = 8192  # bytes: two pages


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


class Group(NamedTuple):
    """Files that take turns, and what has been found of each so far, in nanoseconds."""

    files: Mapping[str, Path]
    kernels: str
    order: list[str]
    loads: dict[str, list[tuple[int, int]]]  # initialisations and first runs
    turns: dict[str, list[list[int]]]  # blocks by round
    parts: dict[str, Part]


def timed(
    groups: Sequence[tuple[Mapping[str, Path], str]], how: Turns, say: Callable[[str], None]
) -> list[dict[str, Timed]]:
    """Time groups of files, each with its kernels; all of them can run.

    All groups come again a few times, so that what slows the machine for a second cannot meet most
    rounds of one. All files are loaded anew then, in another order and at other places of memory:
    where one lies changes its time by some percent, in all rounds.
    """
    times = min(LOADS, how.rounds)
    found = [
        Group(files, kernels, list(files), {k: [] for k in files}, {k: [] for k in files}, {})
        for files, kernels in groups
    ]
    for number in range(times):
        turns = sum(len(group.files) for group in found)
        say(f"{number + 1} of {times} times: {turns} timings, of a file with XNNPACK or without")
        for group in found:
            rounds = len(range(number, how.rounds, times))
            _go_on(group, how, number, rounds, how.warm_up_seconds / times)
    return [
        {key: _summary(own.loads[key], own.turns[key], own.parts[key].calls) for key in own.files}
        for own in found
    ]


def _go_on(group: Group, how: Turns, number: int, rounds: int, warm_up_seconds: float) -> None:
    """Load a group's files for the time of this number, and let them take turns for some rounds."""
    order = group.order
    with loading.quiet():
        for path in [group.files[key] for key in order[:1]]:
            loading.load(path, group.kernels)  # what is slow only once is of no file
        gap, gaps, loaded = random.Random(number), [], {}
        for key in gap.sample(order, len(order)):
            gaps.append(bytearray(gap.randrange(LARGEST_GAP)))  # kept as long as the files
            loaded[key] = loading.load(group.files[key], group.kernels)
    invoke = {key: loading.caller(one) for key, (one, *_) in loaded.items()}
    for key in order:
        group.loads[key].append(loaded[key][1:])
        one = _warm_up(invoke[key], warm_up_seconds)
        group.parts.setdefault(key, _part(one, how))
    for _ in range(rounds):
        _round(order, invoke, group.parts, group.turns)
        order[:] = order[1:] + order[:1]


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
