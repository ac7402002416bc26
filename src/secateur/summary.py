"""The tables that a run ends with, as Markdown."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from tabulate import tabulate

HEADERS = [
    "model", "seeds", "test MSE, median", "min to max", "collapsed", "kernel sparsity",
    "gzipped bytes, unstripped", "stripped", "smallest file", "its test MSE, median",
]  # fmt: skip


def table(evaluation: Mapping[str, Any], sizes: Mapping[str, Any], models: list[str]) -> str:
    """A row a model, as Markdown, from what `evaluation.json` and `sizes.json` hold.

    The first MSE is that of the stripped model; the last that of the file with the fewest gzipped
    bytes, run by LiteRT.
    """
    rows = []
    for model in models:
        score, rungs = evaluation[model], sizes[model]
        mse = score["stripped"]["mse"]
        smallest = min(rungs, key=lambda rung: rungs[rung]["gzip_bytes"]["median"])
        rows.append([
            model,
            len(mse["seeds"]),
            _number(mse["median"]),
            f"{_number(mse['min'])} to {_number(mse['max'])}",
            f"{score['collapsed']} of {len(mse['seeds'])}",
            f"{score['stripped']['sparsity']['kernels']['median']:.1%}",
            f"{rungs['unstripped']['gzip_bytes']['median']:,.0f}" if "unstripped" in rungs else "-",
            f"{rungs['stripped']['gzip_bytes']['median']:,.0f}",
            f"{smallest}, {rungs[smallest]['gzip_bytes']['median']:,.0f}",
            _number(rungs[smallest]["mse"]["median"]),
        ])  # fmt: skip
    align = ["left", *["right"] * (len(HEADERS) - 1)]
    return tabulate(rows, HEADERS, "pipe", colalign=align, disable_numparse=True) + "\n"


def ladder(sizes: Mapping[str, Any]) -> str:
    """Gzipped bytes by rung and model, each the median over the seeds; under it the floors.

    A floor is the zero-order entropy, in bytes, of the weights that a packed file holds.
    """
    rungs = list(dict.fromkeys(rung for model in sizes.values() for rung in model))
    found: dict[str, list[float]] = {}
    for rung in rungs:
        found[rung] = [m[rung]["gzip_bytes"]["median"] for m in sizes.values() if rung in m]
    rungs.sort(key=lambda rung: -median(found[rung]))
    rows = [
        [rung, *(_bytes(model.get(rung), "gzip_bytes") for model in sizes.values())]
        for rung in rungs
    ]
    for rung in ("packed_float32", "packed_float16", "packed_int8"):
        floor = [_bytes(model.get(rung), "entropy_bytes") for model in sizes.values()]
        rows.append([f"floor of {rung}", *floor])
    align = ["left", *["right"] * len(sizes)]
    head = ["gzipped bytes", *sizes]
    return tabulate(rows, head, "pipe", colalign=align, disable_numparse=True) + "\n"


def trade_off(points: Sequence[Mapping[Any, Any]]) -> str:
    """Test MSE and gzipped bytes by sparsity and kind, each the median over the seeds."""
    kinds = [kind for kind in dict.fromkeys(p["kind"] for p in points) if kind != "dense"]
    rows = []
    for sparsity in dict.fromkeys(p["sparsity"] for p in points):
        here = [point for point in points if point["sparsity"] == sparsity]
        dense = here[0]["kind"] == "dense"
        by_kind = [[p for p in here if p["kind"] == kind] for kind in kinds]
        cells = [_point(here), *["-"] * (len(kinds) - 1)] if dense else map(_point, by_kind)
        rows.append(["dense" if dense else f"{100 * float(sparsity):g}%", *cells])
    align = ["left", *["right"] * len(kinds)]
    return (
        tabulate(rows, ["sparsity", *kinds], "pipe", colalign=align, disable_numparse=True) + "\n"
    )


def _point(points: Sequence[Mapping[Any, Any]]) -> str:
    mse = sorted(float(point["mse"]) for point in points)
    size = median(float(point["gzip_bytes"]) for point in points)
    return f"{median(mse):.3g} ({mse[0]:.3g} to {mse[-1]:.3g}), {size:,.0f} bytes"


def _bytes(rung: Mapping[str, Any] | None, figure: str) -> str:
    return f"{rung[figure]['median']:,.0f}" if rung else "-"


def _number(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.3g}"
