"""A table with sortable cells, for the page and for Markdown."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tabulate import tabulate

from secateur.report.formatting import markdown
from secateur.report.svg import Picture


class Cell(NamedTuple):
    """A cell's text and picture, and the `value` that its column sorts by."""

    text: str
    value: float | str = ""
    picture: Picture | None = None
    shade: float | None = None  # from 0 to 1


class Table(NamedTuple):
    """Rows of cells below a head; the first column names the row."""

    name: str
    head: list[Cell]
    rows: list[list[Cell]]

    def markdown(self, folder: str | None = None) -> str:
        """Return the table in Markdown with the pictures in `folder`; None: without pictures."""
        kept = [i for i, cell in enumerate(self.head) if folder or not cell.picture]
        head, *rows = ([_markdown(row[i], folder) for i in kept] for row in (self.head, *self.rows))
        align = ["left", *["right"] * (len(kept) - 1)]
        return tabulate(rows, head, "pipe", colalign=align, disable_numparse=True) + "\n"


def plain(name: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """Return a table of text."""
    return Table(
        name, [Cell(text) for text in head], [[Cell(str(c), str(c)) for c in row] for row in rows]
    )


def _markdown(cell: Cell, folder: str | None) -> str:
    # Plain spaces, because a terminal may support only ASCII.
    text = markdown(cell.text.replace("\xa0", " "))
    alt = markdown(cell.picture.alt) if cell.picture else ""
    image = folder and cell.picture and f"![{alt}]({folder}/{cell.picture.name}.svg)"
    return " ".join(filter(None, (text, image)))
