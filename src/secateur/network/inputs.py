"""Which columns of a table each input of a network with several inputs takes: `model.inputs`.

It needs no TensorFlow, so names that cannot be right fail at once.
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from secateur.core.errors import InputError, did_you_mean
from secateur.core.params import PARAMS_FILE

if TYPE_CHECKING:
    from secateur.keras_io.backend import keras

KEY = "model.inputs"
SHOWN = 30  # columns, at most, that a message lists
DIVIDED = "let the network take one input and divide it: inputs[:, :4]"

Wanted = Mapping[str, Sequence[str]]  # columns by the name of the input that takes them


class Given(NamedTuple):
    """What a row gives a network, and which of its inputs gets what."""

    shape: tuple[int, ...]  # of a row's inputs
    # The numbers of each column's inputs in that vector, by the column's name; none of arrays.
    columns: Mapping[str, Sequence[int]] = {}
    wanted: Wanted | None = None

    def numbers(self, name: str) -> list[int]:
        """Return which of a row's inputs one input gets, in order."""
        return [number for column in (self.wanted or {})[name] for number in self.columns[column]]

    def shapes(self) -> tuple[int, ...] | dict[str, tuple[int, ...]]:
        """Return the shape of a row, or that of each input by name."""
        if self.wanted is None:
            return self.shape
        return {name: (len(self.numbers(name)),) for name in self.wanted}


def check_columns(wanted: Wanted | None, columns: Collection[str]) -> None:
    """Raise InputError unless `model.inputs` divides the columns of the data; arrays have none."""
    if wanted is None:
        return
    if not columns:
        raise InputError(
            f"{KEY}: the rows are arrays, which have no columns; leave it out, and {DIVIDED}"
        )
    for name, own in wanted.items():
        for column in own:
            if column not in columns:
                raise InputError(
                    f"{KEY}.{name}: {column!r}: no such input column"
                    f"{did_you_mean(column, columns)}; allowed: {_listed(columns)}"
                )
    read = {column for own in wanted.values() for column in own}
    if unread := [column for column in columns if column not in read]:
        raise InputError(
            f"{KEY}: no input takes {_listed(unread)}; add what is missing to one, or to data.drop"
        )


def check(where: str, model: "keras.Model", given: Given) -> None:
    """Raise InputError unless the network's inputs are those that `model.inputs` names.

    The message says what to write.
    """
    sizes = {
        name: tuple(tensor.shape[1:])
        for name, tensor in zip(model.input_names, model.inputs, strict=True)
    }
    for name, tensor in zip(sizes, model.inputs, strict=True):
        if tensor.dtype == "string":
            raise InputError(
                f"{where}: gives a model whose input {name!r} takes text; rows hold numbers, of a "
                "category one for each level: let it take these"
            )
    if given.wanted is None:
        if len(sizes) > 1:
            raise InputError(f"{where}: {_what_to_write(sizes, given)}")
        return
    key = f"{PARAMS_FILE}: {KEY}"
    for name in given.wanted:
        if name not in sizes:
            raise InputError(
                f"{key}.{name}: the network has no such input{did_you_mean(name, sizes)}; "
                f"allowed: {', '.join(sizes)}"
            )
    for name, shape in sizes.items():
        if name not in given.wanted:
            raise InputError(f"{key}: names no columns for the network's input {name!r} {shape}")
    for name, shape in sizes.items():
        count = len(given.numbers(name))
        if None in shape or math.prod(shape) != count:
            raise InputError(
                f"{key}.{name}: its columns give {count} inputs, a category one for each level; "
                f"the network takes {shape}"
            )


def _what_to_write(sizes: Mapping[str, tuple[int, ...]], given: Given) -> str:
    described = ", ".join(f"{name!r} {shape}" for name, shape in sizes.items())
    begin = f"gives a model with the inputs {described}"
    if not given.columns:
        return f"{begin}; the rows are arrays, which have one, of {given.shape}: {DIVIDED}"
    example = _in_order(sizes, given.columns)
    columns = [f"{name} ({len(numbers)})" for name, numbers in given.columns.items()]
    return (
        f"{begin}; say which columns each takes: {KEY}: "
        + (f"{example}, if that is right; " if example else "{name of the input: [columns]}; ")
        + f"the columns, and how many inputs each gives, are {_listed(columns)}"
    )


def _in_order(sizes: Mapping[str, tuple[int, ...]], columns: Mapping[str, Sequence[int]]) -> str:
    """Return a division of the columns in their order, as YAML; empty if they do not fit so."""
    left, found = list(columns), []
    if len(left) > SHOWN:
        return ""
    for name, shape in sizes.items():
        taken: list[str] = []
        wanted = 0 if None in shape else math.prod(shape)
        while left and sum(len(columns[column]) for column in taken) < wanted:
            taken.append(left.pop(0))
        if not taken or sum(len(columns[column]) for column in taken) != wanted:
            return ""
        found.append(f"{_yaml(name)}: [{', '.join(map(_yaml, taken))}]")
    return "" if left else "{" + ", ".join(found) + "}"


def _yaml(name: str) -> str:
    """Return a name as YAML; JSON is YAML, and plain words need no quotes."""
    plain = name.isidentifier() and name.lower() not in ("true", "false", "null")
    return name if plain else json.dumps(name, ensure_ascii=False)


def _listed(names: Collection[str]) -> str:
    shown = list(names)[:SHOWN]
    return ", ".join(shown) + (", …" if len(names) > SHOWN else "")
