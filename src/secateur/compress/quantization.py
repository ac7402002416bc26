"""Quantization-aware training with tfmot: wrap a network, and give back a plain one.

The plain network has the start's layers and names. Its kernels lie on the grid of the later file,
so that nothing is lost when a converter rounds them.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import numpy as np

from secateur.arrays.rows import Readable, evenly, rows_at_once
from secateur.compress import sparsity
from secateur.compress.quantizers import Ranges, Rounded, on_grid
from secateur.core import raw_log
from secateur.core.errors import InputError
from secateur.keras_io import grids
from secateur.keras_io.activations import largest_output
from secateur.keras_io.backend import fast_import, keras, tf
from secateur.keras_io.parts import parts
from secateur.network.wiring import Wiring, wiring
from secateur.recipes.quantization import Quantization

with fast_import():
    from tensorflow_model_optimization.python.core.quantization.keras import (
        quantize_layer,
        quantize_wrapper,
    )
    from tensorflow_model_optimization.python.core.quantization.keras.default_8bit import (
        default_8bit_quantize_registry,
        default_8bit_quantize_scheme,
    )
    from tensorflow_model_optimization.quantization import keras as tfmot

L = keras.layers
CALIBRATED = 1000  # rows, at most, that the first ranges come from
PREFIX = "quant_"
# What tfmot knows how to round before or after; it refuses a layer with another.
ACTIVATIONS = ("linear", "relu", "softmax", "sigmoid", "tanh", "swish", "gelu")
OF_LAYERS = ("relu", "relu6", "swish", "gelu", "linear", "softmax", "sigmoid", "tanh")
BEFORE_NORMALIZATION = (L.Conv2D, L.DepthwiseConv2D, L.Dense)


class _Registry(default_8bit_quantize_registry.Default8BitQuantizeRegistry):  # type: ignore[misc]
    """tfmot's, of some layers alone: it would take those before them, too, and fail at some."""

    def __init__(self, names: Collection[str] | None = None) -> None:
        super().__init__()
        self.names = names  # None: all

    def supports(self, layer: Any) -> bool:
        """Whether tfmot quantizes such a layer, and this one is among those that it gets."""
        mine = self.names is None or layer.name in self.names
        return mine and super().supports(layer)


class _Scheme(default_8bit_quantize_scheme.Default8BitQuantizeScheme):  # type: ignore[misc]
    def __init__(self, names: Collection[str]) -> None:
        super().__init__()
        self.names = names

    def get_quantize_registry(self) -> _Registry:
        return _Registry(self.names)


def annotated(model: keras.Model) -> list[str]:
    """Return the names of the layers that tfmot can quantize, in the model's order."""
    registry, wired = _Registry(), wiring(model)
    # A layer may have calls outside: a stripped network is made of the layers of the one before.
    once = [call for call in wired.calls if wired.times[call.layer.name] == 1]
    known = {call.layer.name for call in once if _known(call, registry)}
    normalized = {call.layer.name for call in once if _folded(call, wired, known)}
    return [layer.name for layer in model.layers if layer.name in known | normalized]


def left_float(model: keras.Model) -> list[str]:
    """Name the layers that train as they are, by their types."""
    names = annotated(model)
    return _by_types(
        layer
        for layer in model.layers
        if layer.name not in names and not isinstance(layer, L.InputLayer)
    )


def _by_types(layers: Iterable[Any]) -> list[str]:
    found: dict[str, list[str]] = {}
    for layer in layers:
        found.setdefault(type(layer).__name__, []).append(layer.name)
    return [f"{', '.join(names)} ({kind})" for kind, names in found.items()]


def _known(call: Any, registry: Any) -> bool:
    """Whether tfmot quantizes a layer; behind a mask its wrapper would hand that to each layer."""
    layer = call.layer
    if not registry.supports(layer) or any(
        getattr(tensor, "_keras_mask", None) is not None for tensor in call.keras_inputs
    ):
        return False
    name = getattr(getattr(layer, "activation", None), "__name__", "linear")
    return name in (OF_LAYERS if isinstance(layer, L.Activation) else ACTIVATIONS)


def _folded(call: Any, wired: Wiring, known: set[str]) -> bool:
    """Whether a normalization becomes a part of the layer before it, as in a TFLite file."""
    read = call.keras_inputs[0]
    made = wired.makers.get(id(read))
    return (
        isinstance(call.layer, L.BatchNormalization)
        and made is not None
        and type(made.layer) in BEFORE_NORMALIZATION
        and made.layer.name in known
        and made.layer.activation is keras.activations.linear
        and len(wired.readers[id(read)]) == 1
    )


def wrap(
    model: keras.Model, quantization: Quantization, rows: Readable, *, frozen: bool = False
) -> keras.Model:
    """Return a copy of the model that trains as a quantized one; its ranges are calibrated.

    Layers that tfmot does not know train as they are. Zeros to keep stay in all of them.

    Args:
        model: the network to start from.
        quantization: what becomes of it.
        rows: the training rows, some of which calibrate.
        frozen: whether the statistics of BatchNormalization stay.

    Raises:
        InputError: there is nothing that tfmot could quantize, or it fails.
    """
    wrapped = _applied(model)
    ranges = Ranges()
    for layer in wrapped.layers:
        if isinstance(layer, quantize_layer.QuantizeLayer):
            layer.quantizer = ranges
        if isinstance(layer, quantize_wrapper.QuantizeWrapper):
            _refine(layer, quantization, ranges)
    if frozen:
        for part in parts(wrapped):
            if isinstance(part, L.BatchNormalization):
                # Its scale and its shift still train, as they do not where it is not trainable.
                part._get_training_value = lambda training=None: False
    if "zeros" in quantization.keep:
        _keep_zeros(model, wrapped)
    _calibrate(wrapped, ranges, rows)
    return wrapped


def _applied(model: keras.Model) -> keras.Model:
    """Return tfmot's quantized copy of a model, with its weights."""
    names = annotated(model)
    with_weights = [layer for layer in model.layers if layer.weights]
    if not any(layer.name in names for layer in with_weights):
        raise InputError(
            "quantization: tfmot quantizes no weights of the network in training "
            f"({', '.join(_by_types(with_weights)) or 'it has none'}); leave quantization out: a "
            "file is still quantized after training, as convert says"
        )
    twin = keras.models.clone_model(model)  # annotated layers would be the model's own
    twin.set_weights(model.get_weights())
    own = {type(layer).__name__: type(layer) for layer in model.layers}
    clone = tf.autograph.experimental.do_not_convert(keras.models.clone_model)
    try:
        with tfmot.quantize_scope(own):
            marked = clone(
                twin,
                clone_function=lambda layer: (
                    tfmot.quantize_annotate_layer(layer) if layer.name in names else layer
                ),
            )
            return tfmot.quantize_apply(marked, _Scheme(names))
    except Exception as error:  # tfmot and Keras raise many kinds of errors
        raise InputError(
            "quantization: tfmot cannot prepare the network for it; leave quantization out: a "
            "file is still quantized after training, as convert says"
            f"{raw_log.keep(error, of='quantization')}"
        ) from None


def _refine(wrapper: Any, quantization: Quantization, ranges: Ranges) -> None:
    """Give a wrapper our quantizers, and mend what it forgets of its layer."""
    layer = wrapper.layer
    wrapper._weight_vars = [
        (weight, Rounded(*_grid(layer, quantization)), {}) for weight, *_ in wrapper._weight_vars
    ]
    for activation in wrapper._quantize_activations:
        activation.quantizer = ranges
    wrapper._output_quantizers = [ranges for _ in wrapper._output_quantizers or ()]
    if not layer.trainable:  # it would train a frozen kernel
        wrapper._non_trainable_weights += wrapper._trainable_weights
        wrapper._trainable_weights = []
    # As in `keras_io.pruning_wrapper`: it runs the layer without its penalty.
    wrapper._activity_regularizer = getattr(layer, "activity_regularizer", None)
    layer._losses.clear()


def _by_name(model: keras.Model, wrapped: keras.Model) -> dict[str, Any]:
    """Return the layers of the copy that train those of the model, by the model's names."""
    found = {layer.name: layer for layer in wrapped.layers}
    return {
        layer.name: found.get(PREFIX + layer.name, found.get(layer.name)) for layer in model.layers
    }


def _variables(layer: Any, own: Any) -> list[Any]:
    """Return the variables of a layer in the copy, in the order of the model's own layer."""
    if not isinstance(layer, quantize_wrapper.QuantizeWrapper):
        return list(layer.weights)
    # The wrapper puts rounded kernels in the place of variables; it holds these itself.
    by_kind = {_kind(weight): weight for weight in layer.variables}
    return [by_kind[_kind(weight)] for weight in own.weights]


def _kind(weight: Any) -> str:
    name: str = weight.name
    return name.rpartition("/")[2]


def _pairs(model: keras.Model, wrapped: keras.Model) -> Iterator[tuple[Any, Any, Any, Any]]:
    """Yield a layer of the model with that of the copy, and each weight with its variable."""
    found = _by_name(model, wrapped)
    for own in model.layers:
        layer = found[own.name]
        if own.weights:
            for weight, variable in zip(own.weights, _variables(layer, own), strict=True):
                yield own, layer, weight, variable


def _keep_zeros(model: keras.Model, wrapped: keras.Model) -> None:
    """Make each zero of a kernel zero again after every step, as constraints are applied."""
    kernels = {id(weight) for layer in model.layers for weight in sparsity.multiplied(layer)}
    for _, _, weight, variable in _pairs(model, wrapped):
        mask = (weight.numpy() != 0).astype(np.float32)
        if id(weight) in kernels and not mask.all():
            variable._constraint = _Masked(mask, variable.constraint)


class _Masked:
    """A constraint that sets weights to zero, after the layer's own."""

    def __init__(self, mask: np.ndarray, own: Any) -> None:
        self.mask, self.own = mask, own

    def __call__(self, weight: Any) -> Any:
        return (self.own(weight) if self.own else weight) * self.mask


def _calibrate(wrapped: keras.Model, ranges: Ranges, rows: Readable) -> None:
    """Set each range to the extremes that training rows, evenly spaced, give."""
    numbers = evenly(len(rows), CALIBRATED)
    step = rows_at_once(largest_output(wrapped))
    ranges.measuring = True
    try:
        for start in range(0, len(numbers), step):
            wrapped(tf.constant(rows[numbers[start : start + step]]), training=False)
    finally:
        ranges.measuring = False


def plain(
    model: keras.Model, wrapped: keras.Model, quantization: Quantization | None
) -> keras.Model:
    """Return a network as the model is, with the weights of its trained copy.

    Kernels of quantized layers lie on the grid of `quantization`; None: as they were trained.
    """
    twin = keras.models.clone_model(model)
    values: dict[int, Any] = {}
    for own, layer, weight, variable in _pairs(model, wrapped):
        value = variable.numpy()
        if quantization and _rounded(layer, variable):
            value = on_grid(tf.constant(value), *_grid(own, quantization)).numpy()
        values[id(weight)] = value
    twin.set_weights([values[id(weight)] for weight in model.weights])
    return twin


def _grid(layer: Any, quantization: Quantization) -> tuple[int, tuple[int, ...]]:
    """Return the largest multiple of a scale, and the axes along which scales differ."""
    own = grids.grid(layer, quantization.weights)
    return own.largest, grids.channel_axes(layer, own)


def _rounded(layer: Any, variable: Any) -> bool:
    return any(variable is weight for weight, *_ in getattr(layer, "_weight_vars", ()))
