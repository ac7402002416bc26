"""Calls of layers on layers, as the config of a Functional model lists them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from secateur.keras_io.loadable import nodes


def connected(config: Any) -> bool:
    """Whether the calls of each Functional model's layers lead back to its inputs.

    Keras waits without end for a call that never comes.
    """
    return all(
        _resolves(node["layers"])
        for node in nodes(config)
        if isinstance(node.get("layers"), list) and "input_layers" in node
    )


def _resolves(layers: list[Any]) -> bool:
    waiting = {}
    for layer in layers:
        if not isinstance(layer, dict) or not isinstance(layer.get("inbound_nodes"), list):
            return False
        name = layer.get("name")
        inputs = layer["inbound_nodes"] or [[]]  # an InputLayer has no calls
        own = layer.get("config")
        if isinstance(own, dict) and "layers" in own:  # a nested model: its own call is number 0
            inputs = [inputs[0], *inputs]
        waiting.update({(name, number): set(_calls(one)) for number, one in enumerate(inputs)})
    done: set[Any] = set()
    while ready := {call for call, needed in waiting.items() if needed <= done}:
        done |= ready
        waiting = {call: needed for call, needed in waiting.items() if call not in ready}
    return not waiting


def _calls(item: Any) -> Iterator[tuple[str, int]]:
    """Yield the layer and the number of each call in what a call is given."""
    if isinstance(item, dict):
        item = list(item.values())
    if not isinstance(item, list):
        return
    if _is_call(item):
        if item[1] >= 0:  # -1 is of a constant
            yield item[0], item[1]
        item = item[3:]
    for value in item:
        yield from _calls(value)


def renamed(item: Any, names: Mapping[str, str]) -> Any:
    """Return what calls are given, with the layers' new names."""
    if isinstance(item, dict):
        return {key: renamed(value, names) for key, value in item.items()}
    if not isinstance(item, (list, tuple)):
        return item
    if _is_call(item):
        return [names.get(item[0], item[0]), *(renamed(value, names) for value in item[1:])]
    return [renamed(value, names) for value in item]


def _is_call(item: Sequence[Any]) -> bool:
    """Whether it is [layer's name, number of the call, number of the tensor, …]."""
    numbers = item[1:3]
    return len(numbers) == 2 and isinstance(item[0], str) and all(type(n) is int for n in numbers)
