"""Scopes: which layers of a model a recipe prunes, and which ones tfmot can prune."""

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, TypeAdapter, ValidationError

from secateur.core.errors import InputError, must_exist, one_line
from secateur.core.files import write_text

KEYWORDS = ("whole", "dense", "first_dense", "none")


class Layer(NamedTuple):
    """What a recipe must know about a layer with weights."""

    type: str  # Keras's class
    kernel: tuple[int, ...] | None = None  # shape of the weights to prune; None: it has none
    trouble: str = ""  # why tfmot cannot prune the weights that it has, or some of them
    # How often the kernel is applied to one row; a convolution has several positions. Where other
    # weights multiply too, how often each does.
    positions: int | list[int] = 1
    frozen: bool = False  # no training changes its weights
    own: str = ""  # the user's name of it, where files and metrics need another
    more: tuple[tuple[int, ...], ...] = ()  # shapes of what else tfmot prunes: recurrent kernels


def _check_scope(scope: object) -> object:
    names = isinstance(scope, list) and all(isinstance(name, str) for name in scope)
    if scope not in KEYWORDS and not (names and scope):
        raise ValueError(
            f"{scope!r}: must be one of {', '.join(KEYWORDS)}, or a list of layers, each by name, "
            "pattern (conv_*) or type (Conv2D)"
        )
    return scope


Scope = Annotated[str | list[str], BeforeValidator(_check_scope)]


def read_layers(path: Path) -> dict[str, Layer]:
    """Read what `write_layers` wrote; raises InputError if it is missing or damaged."""
    must_exist(path)
    try:
        return TypeAdapter(dict[str, Layer]).validate_json(path.read_bytes())
    except ValidationError as error:
        raise InputError(f"{path}: damaged: {one_line(error)}") from None


def write_layers(path: Path, layers: Mapping[str, Layer]) -> None:
    """Write a model's layers with weights, by name, in the model's order."""
    described = {
        name: {
            key: value
            for key, value in layer._asdict().items()
            if key not in ("own", "frozen", "more") or value
        }
        for name, layer in layers.items()
    }
    write_text(path, json.dumps(described, indent=2) + "\n")


def choose(scope: str | list[str], layers: Mapping[str, Layer], key: str = "scope") -> list[str]:
    """Return the names of the layers in scope, in the model's order.

    `whole` means every layer that can be pruned; `left_whole` names the others. `key` is what the
    user wrote the scope as.

    Raises:
        InputError: no layer fits, or one that is named cannot be pruned.
    """
    found: set[str] = set()
    for entry in [scope] if isinstance(scope, str) else scope:
        matches = _by_keyword(entry, layers) if isinstance(scope, str) else _matching(entry, layers)
        if not matches and scope != "none":
            known = [
                f"{f'{name} or {layer.own}' if layer.own else name} ({layer.type})"
                for name, layer in layers.items()
                if layer.kernel
            ]
            raise InputError(
                f"{key}: {entry!r} matches no layer with a kernel; "
                f"allowed: {', '.join(known) or 'none, no layer has one'}"
            )
        found |= set(matches)
    for name in layers:
        if name in found and not layers[name].kernel:
            rest = ", ".join(
                layer.own or other
                for other, layer in layers.items()
                if other in found and layer.kernel
            )
            raise InputError(
                f"{key}: layer {(layers[name].own or name)!r} ({layers[name].type}) cannot be "
                f"pruned: {layers[name].trouble or 'it has no kernel'}; leave it out"
                + (f", as in scope: [{rest}]" if rest and key == "scope" else "")
            )
    return [name for name in layers if name in found]


def named(entries: Sequence[str], layers: Mapping[str, Layer], key: str) -> list[str]:
    """Return the names of the layers that entries mean, in the model's order, pruned or not.

    Raises:
        InputError: no layer fits an entry of `key`.
    """
    found: set[str] = set()
    for entry in entries:
        matches = _matching(entry, layers)
        if not matches:
            known = ", ".join(_shown(layers))
            raise InputError(f"{key}: {entry!r} matches no layer with weights; allowed: {known}")
        found |= set(matches)
    return [name for name in layers if name in found]


def prunable(layers: Mapping[str, Layer]) -> list[str]:
    """Return the names of the layers that tfmot can prune.

    Raises:
        InputError: there is none.
    """
    found = [name for name, layer in layers.items() if layer.kernel]
    if not found:
        raise InputError(
            f"no layer that tfmot can prune ({'; '.join(left_whole(layers)) or 'no weights'}); "
            "the network needs a layer such as Dense or Conv2D"
        )
    return found


def left_whole(layers: Mapping[str, Layer]) -> list[str]:
    """Name the layers with weights that tfmot cannot prune, each with its type and why."""
    reasons: dict[str, dict[str, Layer]] = {}
    for name, layer in layers.items():
        if layer.trouble:
            reasons.setdefault(layer.trouble, {})[name] = layer
    return [f"{', '.join(_shown(those))}: {why}" for why, those in reasons.items()]


def _shown(layers: Mapping[str, Layer]) -> list[str]:
    """Name layers as the user does, each with its type."""
    return [f"{layer.own or name} ({layer.type})" for name, layer in layers.items()]


def _by_keyword(keyword: str, layers: Mapping[str, Layer]) -> list[str]:
    dense = [name for name, layer in layers.items() if layer.type == "Dense" and layer.kernel]
    whole = [name for name, layer in layers.items() if layer.kernel]
    return {"whole": whole, "dense": dense, "first_dense": dense[:1], "none": []}[keyword]


def _matching(entry: str, layers: Mapping[str, Layer]) -> list[str]:
    """Match a layer's name, its own or the user's; then types, patterns, names in models."""
    if entry in layers:
        return [entry]
    by_own = [name for name, layer in layers.items() if layer.own == entry]
    if by_own:
        return by_own
    by_type = [name for name, layer in layers.items() if layer.type == entry]
    by_pattern = [
        name
        for name, layer in layers.items()
        if layer.kernel and (fnmatchcase(name, entry) or fnmatchcase(layer.own, entry))
    ]
    return by_type or by_pattern or _inside_models(entry, layers)


def _inside_models(entry: str, layers: Mapping[str, Layer]) -> list[str]:
    """Match the name that a layer had inside of a nested model, without that model's name.

    One name must mean one layer; a pattern may mean several.
    """
    alone = [name for name, layer in layers.items() if layer.own.endswith(f"/{entry}")]
    if len(alone) == 1:
        return alone
    if not any(mark in entry for mark in "*?["):
        return []
    return [
        name
        for name, layer in layers.items()
        if layer.kernel and fnmatchcase(layer.own, f"*/{entry}")
    ]


def check_block(block: Sequence[int], name: str, layer: Layer) -> None:
    """Check a block; tfmot pools matrices only, and crashes on a single row or column.

    Raises:
        InputError: the layer's kernel cannot take the block.
    """
    if list(block) == [1, 1]:
        return
    for kernel in (layer.kernel or (), *layer.more):
        fits = len(kernel) == 2 and min(kernel) > 1
        if not fits or block[0] >= kernel[0] or block[1] >= kernel[1]:
            raise InputError(
                f"block_size: {block}: layer {(layer.own or name)!r} has a kernel of "
                f"{' x '.join(map(str, kernel))} and cannot take it; use [1, 1], or sides "
                "smaller than a two-dimensional kernel's"
            )
