"""The statistics of batch normalization, estimated again after a network has changed.

Moving averages are of the network before: after a removal of channels they are wrong, and so is
each prediction, until training has moved them. An average over training rows is right at once.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from secateur.arrays.rows import Rows
from secateur.keras_io.backend import keras, tf
from secateur.network.flattened import called


def estimate_again(model: keras.Model, train: Rows, batch_size: int) -> None:
    """Set each mean and variance to its average over the batches of the training rows, in place.

    Layers that draw random numbers pass their input on. Frozen normalizations stay as they are, as
    in training, and a last batch that is smaller does not count.
    """
    layers = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]
    if not layers:
        return
    sums: list[np.ndarray] = []
    momenta = [layer.momentum for layer in layers]
    starts = range(0, len(train.x) - batch_size + 1, batch_size) or [0]
    try:
        for layer in layers:
            layer.momentum = 0.0  # what it keeps is then the batch's own
        step = _step(model, layers)
        for start in starts:
            step(tf.cast(train.x[start : start + batch_size], model.inputs[0].dtype))
            own = [weight.numpy().astype(np.float64) for weight in _statistics(layers)]
            sums = [one + other for one, other in zip(sums, own, strict=True)] if sums else own
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
    for weight, total in zip(_statistics(layers), sums, strict=True):
        weight.assign((total / len(starts)).astype(np.float32))


def _step(model: keras.Model, layers: Sequence[Any]) -> Any:
    """Return a function that runs a batch, with only the normalizations as in training."""

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def step(x: tf.Tensor) -> Any:
        return called(model, [x], lambda layer: layer in layers)

    return step


def _statistics(layers: Sequence[Any]) -> list[Any]:
    return [weight for own in layers for weight in (own.moving_mean, own.moving_variance)]
