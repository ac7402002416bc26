"""Draw a search: the front, what mattered, and each varied value by itself."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.lines import Line2D

from secateur.report.formatting import number, shorten
from secateur.report.style import GRID, INK, MUTED, SERIES
from secateur.report.svg import (
    Picture,
    canvas,
    draw,
    legend,
    legend_height,
    log_scale,
    place,
    title_height,
)
from secateur.search.record import Record, Tried

HEIGHT, ROW, LEFT = 220, 15, 130  # units
ONE_SEED: Mapping[str, Any] = {"color": SERIES[5], "marker": "o", "linestyle": ""}
ALL_SEEDS: Mapping[str, Any] = {"color": SERIES[0], "marker": "o", "linestyle": ""}
TODAY: Mapping[str, Any] = {"color": SERIES[1], "marker": "s", "linestyle": ""}
BEST: Mapping[str, Any] = {"color": SERIES[2], "marker": "D", "linestyle": ""}
WIDE = 20  # times the least: then an axis is logarithmic


def front(record: Record, first: str, other: str, words: Mapping[str, str]) -> Picture:
    """Draw every trial by two of its figures, and a line through the front.

    A small dot is a trial with one seed, a larger one a trial with all. `words` names the figures.
    """
    whole = len(record.seeds)
    title = f"{record.recipe}: {words[first]} against {words[other]}"
    marks = [
        Line2D([], [], label="first seed alone", markersize=2.5, **ONE_SEED),
        Line2D([], [], label=f"all {whole} seeds", markersize=4, **ALL_SEEDS),
        Line2D([], [], color=INK, linewidth=0.9, label="front"),
        Line2D([], [], label="best", markersize=6, **BEST),
        Line2D([], [], label="as it stood", markersize=6, markerfacecolor="none", **TODAY),
        Line2D([], [], color=MUTED, linestyle=":", label="at most"),
    ]
    room = legend_height([str(mark.get_label()) for mark in marks])
    figure = canvas(room + HEIGHT + 36 + title_height(title))
    axes = place(figure, title, HEIGHT, room)
    one = [_point(trial, 1, other, first) for trial in record.trials if not trial.of(whole)]
    every = [_point(trial, whole, other, first) for trial in record.trials]
    on_front = sorted(
        point
        for point in (_point(record.tried(n), whole, other, first) for n in record.front)
        if point
    )
    shown = [point for point in (*one, *every) if point]
    for points, look, size in ((one, ONE_SEED, 2.5), (every, ALL_SEEDS, 4)):
        _plot(axes, points, look, size)
    axes.step([x for x, _ in on_front], [y for _, y in on_front], where="post", color=INK,
              linewidth=0.9)  # fmt: skip
    if record.best is not None:
        _plot(axes, [_point(record.tried(record.best), whole, other, first)], BEST, 6)
    _plot(axes, [_point(record.tried(1), whole, other, first)],
          {**TODAY, "markerfacecolor": "none"}, 6)  # fmt: skip
    for name, line in ((other, axes.axvline), (first, axes.axhline)):
        if name in record.at_most:
            line(record.at_most[name], color=MUTED, linestyle=":", linewidth=1.2)
    _scale(axes.xaxis, [x for x, _ in shown])
    _scale(axes.yaxis, [y for _, y in shown])
    axes.set(xlabel=words[other], ylabel=words[first])
    legend(figure, title, marks)
    listed = ", ".join(
        f"trial {n} {number(_figure(own, whole, first))} at {number(_figure(own, whole, other), 4)}"
        for n, own in ((n, record.tried(n)) for n in record.front)
    )
    alt = f"On the front: {listed}." if record.front else "The front is empty."
    return draw(figure, f"search_{record.recipe}_{other}", title, alt)


def importances(record: Record, words: Mapping[str, str]) -> Picture:
    """Draw how much of each figure's variance each varied value explains."""
    keys = record.keys
    title = f"{record.recipe}: what mattered, by functional ANOVA over the trials' first seed"
    names = list(record.importances)
    handles = [
        Line2D([], [], color=SERIES[n], linewidth=5, label=words[name])
        for n, name in enumerate(names)
    ]
    room = legend_height([words[name] for name in names])
    high = len(keys) * ROW * max(1, len(names)) * 0.7 + 10
    figure = canvas(high + room + 40 + title_height(title))
    axes = place(figure, title, high, room, LEFT)
    width = 0.8 / len(names)
    for n, name in enumerate(names):
        own = record.importances[name]
        places = [at + (n - (len(names) - 1) / 2) * width for at in range(len(keys))]
        axes.barh(places, [own.get(key, 0.0) for key in keys], width * 0.9, color=SERIES[n])
    axes.set(xlim=(0, 1), ylim=(len(keys) - 0.5, -0.5), xlabel="share of the variance")
    axes.set_yticks(range(len(keys)), [shorten(_last(key), 22) for key in keys])
    axes.tick_params(labelsize=8)
    legend(figure, title, handles)
    alt = "; ".join(
        f"{words[name]}: " + ", ".join(f"{_last(key)} {number(own.get(key, 0.0))}" for key in keys)
        for name, own in record.importances.items()
    )
    return draw(figure, f"search_{record.recipe}_importances", title, f"{alt}.")


def slices(record: Record, first: str, word: str) -> list[Picture]:
    """Draw, for each varied value, every trial's first figure by it."""
    return [_slice(record, key, first, word) for key in record.keys]


def _slice(record: Record, key: str, first: str, word: str) -> Picture:
    whole = len(record.seeds)
    title = f"{record.recipe}: {word} by {_last(key)}"
    figure = canvas(150 + 36 + title_height(title))
    axes = place(figure, title, 150)
    values = [trial.values[key] for trial in record.trials if key in trial.values]
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    choices = list(dict.fromkeys(map(str, values)))

    def at(trial: Tried) -> float:
        value = trial.values[key]
        return float(value) if numbers else float(choices.index(str(value)))  # type: ignore[arg-type]

    ys = []
    for seeds, look, size in ((1, ONE_SEED, 2.5), (whole, ALL_SEEDS, 4)):
        points = [
            (at(trial), y)
            for trial in record.trials
            if seeds == whole or not trial.of(whole)
            if (y := _figure(trial, seeds, first)) is not None
        ]
        ys += [y for _, y in points]
        _plot(axes, points, look, size)
    if record.best is not None and (y := _figure(record.tried(record.best), whole, first)):
        _plot(axes, [(at(record.tried(record.best)), y)], BEST, 6)
    if numbers:
        _scale(axes.xaxis, [float(value) for value in values])
    else:
        axes.set_xticks(range(len(choices)), [shorten(choice) for choice in choices])
        axes.set_xlim(-0.5, len(choices) - 0.5)
    _scale(axes.yaxis, ys)
    axes.set(xlabel=_last(key), ylabel=word)
    alt = f"A dot is a trial; of {len(ys)} trials the least is {number(min(ys, default=None))}."
    name = key.replace(".", "_")
    return draw(figure, f"search_{record.recipe}_{name}", title, alt)


def _plot(axes: Any, points: Sequence[Any], look: Mapping[str, Any], size: float) -> None:
    known = [point for point in points if point]
    axes.plot([x for x, _ in known], [y for _, y in known], markersize=size, **look)


def _figure(trial: Tried, seeds: int, name: str) -> float | None:
    value = (trial.of(seeds) or {}).get(name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _point(trial: Tried, seeds: int, x: str, y: str) -> tuple[float, float] | None:
    found = _figure(trial, seeds, x), _figure(trial, seeds, y)
    return None if found[0] is None or found[1] is None else (found[0], found[1])


def _scale(axis: Any, values: Sequence[float]) -> None:
    """Make an axis logarithmic where values are far apart."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low > 0 and high / low > WIDE:
        log_scale(axis, low / 1.2, high * 1.2)
    else:
        room = (high - low or abs(high) or 1.0) * 0.05
        axis.axes.set(**{f"{axis.axis_name}lim": (low - room, high + room)})
    axis.axes.tick_params(labelsize=8, color=GRID)


def _last(key: str) -> str:
    return ".".join(key.split(".")[2:])
