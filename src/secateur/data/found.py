"""What a source was found to hold: plain records that go to JSON in the order of their fields."""

import dataclasses
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from secateur.core.errors import InputError, must_exist, one_line

Kind = Literal[
    "number", "category", "date", "constant", "identifier", "empty", "array", "picture", "refused"
]
Role = Literal["input", "target", "anomaly", "split", "left out"]
PLAIN = re.compile(r"[A-Za-z_]\w*")  # what YAML reads as text without quotes, but for:
WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


@dataclass(frozen=True)
class Level:
    """A category, a class, or one of few numbers, and its rows."""

    name: str
    count: int


@dataclass(frozen=True)
class Numbers:
    """Extremes and median of numbers; `histogram` counts them in bins of one width."""

    least: float
    median: float
    greatest: float
    histogram: tuple[int, ...]


@dataclass(frozen=True)
class Column:
    """A column of a table, an array, or the pictures.

    Counts are of the rows looked at; those of an .npz file's targets, of all.
    """

    name: str
    role: Role
    kind: Kind
    type: str  # as stored: int64, string, uint8
    shape: tuple[int, ...]  # of a row of an array; empty for a column
    unit: str  # of numbers that were text
    missing: int  # cells
    counted_as_missing: tuple[Level, ...]  # by text; "" is an empty cell
    filled_with: float | str | None  # learned from training rows; None: nothing is filled in
    distinct: int | None  # None: not counted
    levels: tuple[Level, ...]  # the most frequent ones, if there are few or they are categories
    numbers: Numbers | None


@dataclass(frozen=True)
class Doubt:
    """What may be meant otherwise, and the keys of `data` that settle it; none: the file must."""

    column: str
    kind: str  # date, code, identifier, constant, empty, leak, placeholder, missing, refused
    sentence: str
    settles: dict[str, Any]  # whole values: a list holds what `data` has already

    @property
    def line(self) -> str:
        """Return the line of params.yaml, such as `data: {drop: [id]}`; "" if no key helps."""
        if not self.settles:
            return ""
        pairs = ", ".join(f"{key}: {_yaml(value)}" for key, value in self.settles.items())
        return f"data: {{{pairs}}}"


@dataclass(frozen=True)
class Part:
    """The rows of one part, and its classes in the order of all, or its least to greatest."""

    name: str
    rows: int
    classes: tuple[Level, ...]
    target: Numbers | None


@dataclass(frozen=True)
class Sample:
    """A row as it was read, and as the network gets it; both cut to the first few cells."""

    part: str
    before: tuple[float | str | None, ...]
    target: float | str  # of several numbers, all; nothing of an autoencoder
    after: tuple[float, ...]


@dataclass(frozen=True)
class Findings:
    """What a source holds; parts and samples are there once its rows are split."""

    source: str  # as params.yaml names it
    rows: int  # of the source
    looked_at: int  # rows that columns and doubts are about; fewer than all: a large source
    target: str | None  # its name; of several, all; `inputs` of an autoencoder
    columns: tuple[Column, ...]
    doubts: tuple[Doubt, ...]
    left_out: int = 0  # rows
    parts: tuple[Part, ...] = ()
    in_two_parts: int = 0  # validation and test rows that equal a row of an earlier part
    inputs: tuple[str, ...] = ()  # names of what `before` and `after` hold
    encoded: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """Return the column of that name; raises KeyError without one."""
        return {column.name: column for column in self.columns}[name]


def merged(doubts: tuple[Doubt, ...]) -> dict[str, Any]:
    """Join the keys that settle several doubts; of a key that is no list, the first value holds."""
    keys: dict[str, Any] = {}
    for doubt in doubts:
        for key, value in doubt.settles.items():
            if isinstance(value, list):
                keys[key] = [*dict.fromkeys([*keys.get(key, []), *value])]
            else:
                keys.setdefault(key, value)
    return keys


def plain(findings: Findings) -> dict[str, Any]:
    """Return what JSON holds, each doubt with its line."""
    content = dataclasses.asdict(findings)
    for doubt, written in zip(findings.doubts, content["doubts"], strict=True):
        written["line"] = doubt.line
    return content


def to_json(findings: Findings) -> str:
    """Return JSON, the same bytes on every machine."""
    return json.dumps(plain(findings), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read(path: Path) -> Findings:
    """Read what `to_json` wrote; raises InputError if it is missing or damaged."""
    must_exist(path)
    try:
        return TypeAdapter(Findings).validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(f"{path}: damaged: {one_line(error)}") from None


def _yaml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_yaml, value))}]"
    text = isinstance(value, str)
    if text and PLAIN.fullmatch(value) and value.isascii() and value.lower() not in WORDS:
        return str(value)
    return json.dumps(value, ensure_ascii=False)
