"""How a network's layers are wired: the calls of layers in order, and which reads what."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from secateur.keras_io.backend import keras, tf


class Wiring(NamedTuple):
    """A network's calls; each is a node of Keras, with its `layer`, `keras_inputs` and `outputs`.

    A tensor is known by its `id`.
    """

    calls: list[Any]  # in order
    times: Counter[str]  # how often each layer is called, by its name
    makers: dict[int, Any]  # the call that gives a tensor
    readers: dict[int, list[Any]]  # the calls that read it


def wiring(model: keras.Model) -> Wiring:
    """Return how a Sequential or Functional network is wired."""
    own = list(calls(model))
    readers: dict[int, list[Any]] = {}
    for call in own:
        for tensor in call.keras_inputs:
            readers.setdefault(id(tensor), []).append(call)
    makers = {id(tensor): call for call in own for tensor in tf.nest.flatten(call.outputs)}
    return Wiring(own, Counter(call.layer.name for call in own), makers, readers)


def calls(model: keras.Model) -> Iterator[Any]:
    """Yield the calls of layers from the inputs on, without the inputs themselves."""
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            if not node.is_input:
                yield node
