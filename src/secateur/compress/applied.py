"""How often each weight multiplies for one row: what multiply-adds are counted by.

A kernel counts at each position that it is applied at, and at each call of its layer. Biases,
vectors that scale and shift, tables that are looked up, and products of two activations count
nothing.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from secateur.keras_io.backend import keras

L = keras.layers
TRANSPOSED = (L.Conv1DTranspose, L.Conv2DTranspose, L.Conv3DTranspose)
CONVOLUTIONS = (
    L.Conv1D, L.Conv2D, L.Conv3D, L.DepthwiseConv1D, L.DepthwiseConv2D, L.SeparableConv1D,
    L.SeparableConv2D,
)  # fmt: skip
NOT_MULTIPLIED = (L.Embedding, L.PReLU)
Shape = Sequence[int | None]


def times(model: keras.Model) -> dict[str, list[int]]:
    """Return how often each weight of a layer is applied to one row, by the layer's name.

    The weights are in the order of an `.h5` file; a layer without weights is missing.
    """
    found: dict[int, int] = {}
    for layer, inputs, outputs in calls(model):
        for weight, count in _of_call(layer, inputs, outputs):
            found[id(weight)] = found.get(id(weight), 0) + count
    return {
        layer.name: [
            found.get(id(weight), 0)
            for weight in (*layer.trainable_weights, *layer.non_trainable_weights)
        ]
        for layer in model.layers
        if layer.weights
    }


def calls(model: keras.Model) -> Iterator[tuple[keras.layers.Layer, Any, Any]]:
    """Yield each call of a layer in a built Sequential or Functional model, with its shapes."""
    for nodes in model._nodes_by_depth.values():
        for node in nodes:
            if not isinstance(node.layer, L.InputLayer):
                yield node.layer, node.input_shapes, node.output_shapes


def _of_call(layer: Any, inputs: Any, outputs: Any) -> Iterator[tuple[Any, int]]:
    """Yield each weight that a call multiplies with, and how often."""
    if hasattr(layer, "pruning_vars"):  # a wrapper that only masks
        yield from _of_call(layer.layer, inputs, outputs)
    elif isinstance(layer, keras.Model):
        yield from _of_model(layer, inputs)
    elif isinstance(layer, L.TimeDistributed):
        steps = inputs[1] or 1
        inner_shapes = [(shape[0], *shape[2:]) for shape in (inputs, outputs)]
        for weight, count in _of_call(layer.layer, *inner_shapes):
            yield weight, count * steps
    elif isinstance(layer, L.Bidirectional):
        for inner in (layer.forward_layer, layer.backward_layer):
            yield from _of_call(inner, inputs, outputs)
    elif isinstance(layer, L.SpectralNormalization):
        yield from _of_call(layer.layer, inputs, outputs)
    elif isinstance(layer, L.RNN):
        inputs = inputs[0] if isinstance(inputs, list) else inputs  # states come after it
        for weight in layer.weights:
            if "kernel" in weight.name:
                yield weight, _size(inputs[1:-1])
    elif isinstance(layer, L.MultiHeadAttention):
        yield from _of_attention(layer)
    elif not isinstance(layer, NOT_MULTIPLIED):
        count = _positions(layer, inputs, outputs)
        own = type(layer).__module__.startswith("tf_keras.")
        for weight in layer.weights:
            if len(weight.shape) > 1 and ("kernel" in weight.name or not own):
                yield weight, count


def _of_model(model: keras.Model, inputs: Any) -> Iterator[tuple[Any, int]]:
    """Yield each weight of a nested model and how often, in a call with inputs of this shape."""
    twin = model
    if isinstance(inputs, tuple) and None in model.input_shape[1:] and None not in inputs[1:]:
        # Its own shapes leave open what this call's tell.
        twin = keras.models.clone_model(model, input_tensors=keras.Input(inputs[1:]))
    weights = {id(own): weight for own, weight in zip(twin.weights, model.weights, strict=True)}
    for inner, own_inputs, own_outputs in calls(twin):
        for own, count in _of_call(inner, own_inputs, own_outputs):
            yield weights[id(own)], count


def _of_attention(layer: Any) -> Iterator[tuple[Any, int]]:
    shapes = {
        layer._query_dense: layer._query_shape,
        layer._key_dense: layer._key_shape,
        layer._value_dense: layer._value_shape,
        layer._output_dense: layer._query_shape,
    }
    for inner, shape in shapes.items():
        yield inner.kernel, _size(shape[1:-1])


def _positions(layer: Any, inputs: Any, outputs: Any) -> int:
    """Return how often the weights of a layer with kernels are applied in one call."""
    if isinstance(layer, TRANSPOSED):  # before Conv2D, which Keras derives them from
        return _size(inputs[1:-1])
    if isinstance(layer, CONVOLUTIONS):
        return _size(outputs[1:-1])
    if isinstance(layer, L.Dense):
        return _size(inputs[1:-1])
    if isinstance(layer, L.EinsumDense):
        kernel = layer.equation.split(",")[1].split("->")[0].strip(".")
        out = layer.equation.split("->")[1].strip(".")
        shared = [
            side for axis, side in zip(kernel, layer.kernel.shape, strict=True) if axis in out
        ]
        return _size(outputs[1:]) // math.prod(shared)
    return 1


def _size(sides: Shape) -> int:
    """Return the product of sides; an unknown one counts as 1."""
    return math.prod(int(side) if side else 1 for side in sides)
