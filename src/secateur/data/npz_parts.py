"""Arrays in the form of Keras's own data sets: `x_train`, `y_train`, `x_test` and `y_test`."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from secateur.core.errors import InputError
from secateur.data.columns import listed
from secateur.data.part_names import PARTS, WORDS


class Pair(NamedTuple):
    """The names of a part's arrays."""

    part: int  # its number in `PARTS`
    x: str
    y: str | None  # None: an autoencoder has none


def pairs(where: str, target: str | None, names: Sequence[str]) -> list[Pair]:
    """Return the arrays of each part, by the names in a file; none if it holds `x` alone.

    Raises:
        InputError: a part lacks inputs or targets, or stands there twice, or beside `x`; or there
            is none to train.
    """
    inputs = {name: name.removeprefix("x_") for name in names if name.startswith("x_")}
    parts = {name: WORDS[word] for name, word in inputs.items() if word in WORDS}
    targets = {} if target is None else {f"{target}_{word}": f"x_{word}" for word in WORDS}
    beside = "" if target is None else f" and {target}"
    found = f"found: {listed(list(names))}"
    if "x" in names:
        if parts:
            raise InputError(
                f"{where}: holds x and {next(iter(parts))}; save either x{beside}, or the "
                "parts, such as x_train and x_test"
            )
        return []
    for name in names:
        if name in targets and targets[name] not in parts:
            raise InputError(f"{where}: has {name!r} but no array {targets[name]!r}; {found}")
    for name in parts:
        y = f"{target}_{inputs[name]}"
        if target is not None and y not in names:
            raise InputError(
                f"{where}: has {name!r} but no array {y!r}; {found}; data.target names the other "
                f"array without its _{inputs[name]}"
            )
    by_part = sorted(
        Pair(part, name, None if target is None else f"{target}_{inputs[name]}")
        for name, part in parts.items()
    )
    for one, other in itertools.pairwise(by_part):
        if one.part == other.part:
            raise InputError(
                f"{where}: {one.x!r} and {other.x!r} are both of the part {PARTS[one.part]}; save "
                "one"
            )
    if by_part and by_part[0].part:
        raise InputError(f"{where}: has {by_part[0].x!r} but no array 'x_train'; {found}")
    return by_part
