"""What each layer's precision costs, and which was chosen for the file `mixed`."""

import math
from typing import Any

from secateur.report import draw_precision
from secateur.report.formatting import as_number, number
from secateur.report.results import Results
from secateur.report.table import Cell, Table


def section(results: Results) -> dict[str, Any]:
    """Return a sentence, a picture and a table for each such file, and the pictures again."""
    pictures = [draw_precision.figure(results, name) for name in results.precision]
    return {
        "precision": [
            (sentence(results, name), picture, _table(results, name))
            for name, picture in zip(results.precision, pictures, strict=True)
        ],
        "precision_pictures": pictures,
    }


def sentence(results: Results, name: str) -> str:
    """Say what was chosen, and what it costs beside int8 alone."""
    found = results.precision[name]
    chosen, whole, label = found["mixed"], found["int8"], results.data.task.label
    parts = described(found["precision"])
    more = "" if found["kept"] else (
        f": more than the {found['largest_error_ratio']:g} that params.yaml allows, and no choice "
        "has less"
    )  # fmt: skip
    said = (
        f"{name}: {parts}. In the median of the seeds' ratios, its validation {label} is "
        f"{_ratio(chosen)} times the float file's"
    )
    if parts == "int8 alone":
        return f"{said}, at {_bytes(chosen)} gzipped bytes{more}."
    return (
        f"{said}, at {_bytes(chosen)} gzipped bytes{more}; that of int8 alone "
        f"{_ratio(whole)} times, at {_bytes(whole)}."
    )


def described(precision: dict[str, Any]) -> str:
    """Say in words what of a file is not int8."""
    parts = [f"{own} for {layer}" for layer, own in precision["weights"].items() if own != "int8"]
    if precision["activations"] != "int8":
        parts.insert(0, f"{precision['activations']} for activations")
    return f"{', '.join(parts)}, int8 for the rest" if parts else "int8 alone"


def _bytes(figures: dict[str, Any]) -> str:
    found = figures["gzip_bytes"]
    return "-" if found is None else f"{found:,.0f}"


def _ratio(figures: dict[str, Any]) -> str:
    return number(figures["error_ratio"])


def _table(results: Results, name: str) -> Table:
    """Return a row for each change of int8 alone."""
    found = results.precision[name]
    label = f"validation {results.data.task.label}, as a ratio to the float file's"
    head = ["part", "precision", f"{label}, median (min to max)", "gzipped bytes", "chosen"]
    rows = [_row("all", "int8", found["int8"], described(found["precision"]) == "int8 alone")]
    rows += [_row(row["part"], row["precision"], row, row["chosen"]) for row in found["costs"]]
    rows.append(_row("as chosen", "mixed", found["mixed"], True))
    return Table(f"precision_{name}", list(map(Cell, head)), rows)


def _row(part: str, precision: str, figures: dict[str, Any], chosen: bool) -> list[Cell]:
    ends = (figures["lowest"], figures["highest"])
    spread = "" if None in ends else f" ({number(ends[0])}\xa0to\xa0{number(ends[1])})"
    ratio = as_number(figures["error_ratio"])
    return [
        Cell(part, part), Cell(precision, precision),
        Cell(f"{_ratio(figures)}{spread}", ratio if math.isfinite(ratio) else 1e9),
        Cell(_bytes(figures), as_number(figures["gzip_bytes"])),
        Cell("yes" if chosen else "", "yes" if chosen else "no"),
    ]  # fmt: skip
