"""A network that takes what a row gives: one vector, which is divided among several inputs.

Data, TFLite files and what runs them know one input, whose order `models/encoding.json` gives.
"""

from collections.abc import Sequence

from secateur.keras_io.backend import keras, tf
from secateur.network.flattened import called
from secateur.network.inputs import Given


def fitted(model: keras.Model, given: Given) -> keras.Model:
    """Return the network with one input of a row's shape, if `check` lets it pass.

    A side that the network leaves open, as (None, None, 3), becomes that of the data.
    """
    if given.wanted is not None:
        return _joined(model, given)
    if len(model.inputs) > 1 or not _left_open(model, given.shape):
        return model
    (old,) = model.inputs
    inputs = keras.layers.Input(given.shape, name=old.node.layer.name, dtype=old.dtype)
    if isinstance(model, keras.Sequential):
        return keras.Sequential([inputs, *model.layers], name=model.name)
    outputs = called(model, [inputs])
    return keras.Model(inputs, outputs if len(outputs) > 1 else outputs[0], name=model.name)


def _left_open(model: keras.Model, shape: Sequence[int]) -> bool:
    own = tuple(model.inputs[0].shape[1:])
    fits = len(own) == len(shape) and all(a in (b, None) for a, b in zip(own, shape, strict=True))
    return fits and None in own


def _joined(model: keras.Model, given: Given) -> keras.Model:
    """Return the network with one input, whose vector goes to the inputs that it had."""
    whole = keras.layers.Input(given.shape, name=_free("inputs", model))
    parts = []
    for own_name, own in zip(model.input_names, model.inputs, strict=True):
        slices = [whole[:, first:last] for first, last in _runs(given.numbers(own_name))]
        if len(slices) > 1:
            slices = [keras.layers.Concatenate(name=_free(f"{own_name}_columns", model))(slices)]
        (part,) = slices
        if len(own.shape) != 2:
            part = keras.layers.Reshape(own.shape[1:], name=_free(f"{own_name}_shape", model))(part)
        parts.append(part if own.dtype == part.dtype else tf.cast(part, own.dtype))
    outputs = called(model, parts)
    return keras.Model(whole, outputs if len(outputs) > 1 else outputs[0], name=model.name)


def _free(name: str, model: keras.Model) -> str:
    """Return a name that no layer of the network has."""
    while any(layer.name == name for layer in model.layers):
        name += "_"
    return name


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return the first and the last number plus one of each run of numbers in a row."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [(run[0], run[-1] + 1) for run in runs]
