"""The graph of channels: which channel of which layer feeds whom, and what must go together.

A channel is one number along the last axis of a tensor: a unit of a Dense layer, a filter of a
convolution. Channels that some layer ties, such as those that an `Add` adds, can only go together.
Torch-Pruning calls all that is tied a dependency group (G. Fang et al., 2023, "DepGraph: Towards
Any Structural Pruning").
"""

from typing import NamedTuple

import numpy as np

from secateur.keras_io.backend import keras, tf
from secateur.network import channel_rules
from secateur.network.ties import WHOLE, Axis, Graph, width
from secateur.network.wiring import calls


class Channels(NamedTuple):
    """The channels of a network, by number.

    `first` (channels,) has the smallest number of those that are tied to each; 0 where it must
    stay. `axes` has the weights of each layer, `outputs` the channels of its output; of an
    `InputLayer`, those of the network's input. `whole` says why a layer keeps all of its channels.
    """

    first: np.ndarray
    axes: dict[str, list[Axis]]
    outputs: dict[str, np.ndarray]
    whole: dict[str, str]

    def groups(self) -> list[np.ndarray]:
        """Return the groups that may lose channels: of each, the numbers of its channels.

        A number stands for all channels that are tied to it; those of one group are made by the
        same layers.
        """
        makers: dict[int, set[str]] = {}
        for name, axes in self.axes.items():
            for own in axes:
                for number in set(self.first[own.channels].tolist()) - {WHOLE}:
                    makers.setdefault(number, set())
                    if own.role == "makes":
                        makers[number].add(name)
        found: dict[frozenset[str], list[int]] = {}
        for number, names in sorted(makers.items()):
            if names:
                found.setdefault(frozenset(names), []).append(number)
        return [np.array(numbers) for numbers in found.values()]

    def makers(self, group: np.ndarray) -> list[str]:
        """Return the layers that make the channels of a group."""
        return [
            name
            for name, axes in self.axes.items()
            if any(
                axis.role == "makes" and np.isin(group, self.first[axis.channels]).any()
                for axis in axes
            )
        ]


def of(model: keras.Model, *, inputs: bool = False) -> Channels:
    """Return the graph of a network without nested models.

    With `inputs`, those of the network may go as well, if it has one input of one axis.

    A layer that no rule knows leaves whole what it reads and what it gives: nothing is guessed.
    """
    graph = Graph()
    now: dict[int, np.ndarray] = {}
    for tensor in model.inputs:
        name, free = tensor.node.layer.name, inputs and len(model.inputs) == 1
        free = free and len(tensor.shape) == 2
        own = graph.ties.new(width(tensor))
        graph.outputs[name] = now[id(tensor)] = own
        if not free:
            graph.keep(tensor.node.layer, [own], "it is an input of the network")
    for node in calls(model):
        read = [now.get(id(tensor), np.zeros(width(tensor), int)) for tensor in node.keras_inputs]
        outputs = tf.nest.flatten(node.outputs)
        given = channel_rules.passed_on(graph, node, read)
        graph.outputs[node.layer.name] = given[0]
        now |= {id(tensor): own for tensor, own in zip(outputs, given, strict=True)}
    for tensor in model.outputs:
        why = "it is an output of the network"
        graph.keep(tensor.node.layer, [now[id(tensor)]], why)
    return Channels(graph.ties.first(), graph.axes, graph.outputs, graph.whole)
