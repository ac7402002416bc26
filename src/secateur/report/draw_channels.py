"""Draw which layers' channels go together, and how many of them each recipe leaves."""

from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import Any

from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from secateur.report.formatting import shorten
from secateur.report.results import Results
from secateur.report.style import INK, MUTED, series
from secateur.report.svg import Picture, canvas, draw, legend, legend_height, place, title_height

GROUPS = 24  # bars, at most: of the groups with the most channels
LISTED = 8  # layers of a sentence
BAR, GAP, LEFT = 9, 5, 112  # units; the names stand on the left
LETTERS, TEXT = 18, 8  # of a name, at most; and the size of all text but title and legend

Group = Mapping[str, Any]  # as `network.channel_groups` describes it


def figures(results: Results, recipes: Sequence[str]) -> list[Picture]:
    """Draw a bar for each group and recipe; nothing if no group can be counted."""
    counted = [group for group in results.channel_groups["groups"] if group["kernel"]]
    most = sorted(range(len(counted)), key=lambda i: (-counted[i]["channels"], i))[:GROUPS]
    shown = [counted[i] for i in sorted(most)]
    if not shown or not recipes:
        return []
    title = "Channels that go together, and how many stay"
    if len(shown) < len(counted):
        title += f": the {len(shown)} largest of {len(counted)} groups"
    left = {name: [remaining(results, name, group) for group in shown] for name in recipes}
    handles = [Patch(color=_colour(results, name), label=name) for name in recipes]
    high, room = len(shown) * (len(recipes) * BAR + GAP) + GAP, legend_height(list(recipes))
    figure = canvas(high + room + 36 + title_height(title))
    axes = place(figure, title, high, room, LEFT)
    each = len(recipes) + GAP / BAR  # of a group, in bars
    axes.grid(visible=False, axis="y")
    for row, group in enumerate(shown):
        for number, name in enumerate(recipes):
            at, count = row * each + number, left[name][row]
            axes.barh(at, count, 0.86, color=_colour(results, name))
            axes.barh(at, group["channels"], 0.86, fill=False, edgecolor=INK, linewidth=0.7)
            said = f"{count:,g} of {group['channels']:,}"
            axes.annotate(said, (group["channels"], at), (3, 0), fontsize=TEXT, color=INK,
                          textcoords="offset points", va="center")  # fmt: skip
    middle = (len(recipes) - 1) / 2
    axes.set_yticks([row * each + middle for row in range(len(shown))], list(map(_name, shown)))
    axes.tick_params(axis="y", labelsize=TEXT, length=0)
    axes.tick_params(axis="x", labelsize=TEXT)
    axes.xaxis.label.set_fontsize(TEXT)
    longest = max(group["channels"] for group in shown)
    ticks = [tick for tick in MaxNLocator(4, integer=True).tick_values(0, longest)
             if tick <= longest]  # fmt: skip
    axes.set(xlim=(0, longest * 1.28), xticks=ticks, xlabel="channels",
             ylim=(len(shown) * each - 0.5, -0.5 - GAP / BAR))  # fmt: skip
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.spines["left"].set_color(MUTED)
    legend(figure, title, handles)
    return [draw(figure, "channel_groups", title, _alt(shown, left))]


def remaining(results: Results, recipe: str, group: Group) -> float:
    """Return how many channels a recipe leaves a group: the median over the seeds.

    Of the two in the middle it is the lower one, because no seed has half a channel.
    """
    kernel, axis = group["kernel"], group["axis"]
    whole = next(iter(results.after["baseline"].values()))[kernel].shape[axis]
    lengths = [kernels[kernel].shape[axis] for kernels in results.after[recipe].values()]
    return median_low(group["channels"] * length / whole for length in lengths)


def whole(results: Results) -> list[str]:
    """Say which layers keep all of their channels, and why: a sentence for each reason."""
    by_reason: dict[str, list[str]] = {}
    for layer, reason in results.channel_groups["whole"].items():
        by_reason.setdefault(reason, []).append(layer)
    found = [f"Left whole, as {why}: {_listed(layers)}." for why, layers in by_reason.items()]
    unknown = [", ".join(group["layers"]) for group in results.channel_groups["groups"]
               if not group["kernel"]]  # fmt: skip
    if unknown:
        found.append(f"Not counted here, as no kernel of one group makes them: {_listed(unknown)}.")
    return found


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def _name(group: Group) -> str:
    """Return a group's layers, or the first one and how many more, where they are too many."""
    first, *others = group["layers"]
    every = ", ".join(group["layers"])
    if len(every) <= LETTERS or not others:
        return shorten(every, LETTERS)
    return f"{shorten(first, LETTERS - 3)} +{len(others)}"


def _colour(results: Results, name: str) -> str:
    return str(series(list(results.models).index(name))["color"])


def _alt(shown: Sequence[Group], left: Mapping[str, Sequence[float]]) -> str:
    """Give the figures to people who cannot see the bars."""
    parts = [
        f"{_called(group)}: {group['channels']}, "
        + ", ".join(f"{name} leaves {counts[row]:g}" for name, counts in left.items())
        for row, group in enumerate(shown)
    ]
    return f"Medians over the seeds. {'; '.join(parts)}."


def _called(group: Group) -> str:
    """Return a group's name as the picture has it, and what that stands for."""
    name, layers = _name(group), _listed(group["layers"])
    return layers if name == layers else f"{name} ({layers})"
