"""Rows that Keras's preprocessing layers change at random while they are read.

What a row becomes depends on the seed, the epoch and the row's number in its part, and on nothing
else: not on the batch, the order, the recipe or the machine.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from secateur.arrays import encode, mapped
from secateur.arrays.parts import Inputs
from secateur.arrays.rows import Readable
from secateur.keras_io.backend import keras, tf
from secateur.recipes.augmentation import Layer


class Augmented:
    """Inputs (n, height, width, channels) of a part, augmented and encoded when they are read."""

    def __init__(self, inputs: Readable, layers: Sequence[Layer]) -> None:
        if not isinstance(inputs, Inputs):  # what is encoded already cannot be augmented
            raise TypeError("augmentation needs rows that are read lazily")
        self.inputs = inputs
        self.change = _compiled(layers)

    def of_epoch(self, seed: int, epoch: int) -> "OfEpoch":
        """Return the inputs of one epoch of a seed."""
        return OfEpoch(self, seed, epoch)


class OfEpoch:
    """An epoch's inputs: each row has one form in it, whenever it is read."""

    def __init__(self, augmented: Augmented, seed: int, epoch: int) -> None:
        self.augmented, self.seeds = augmented, [seed, epoch]

    @property
    def shape(self) -> tuple[int, ...]:
        """Return (n, height, width, channels)."""
        return self.augmented.inputs.shape

    def __len__(self) -> int:
        return len(self.augmented.inputs)

    def __getitem__(self, key: Any) -> Any:
        """Read rows by number or slice, as float32."""
        rows = np.arange(len(self))[key]
        part = self.augmented.inputs.part
        stored = mapped.take(part.x, rows).astype(np.float32)
        changed = self.augmented.change(
            stored, np.array(self.seeds, np.int64), rows.astype(np.int64)
        )
        return encode.inputs(part.encoding, changed.numpy(), str(part.folder / "x.npy"))


class _Draws:
    """A row's draws, in place of the random generator of Keras's layers."""

    _rng_type = "stateless"

    def __init__(self) -> None:
        self.seed: tf.Tensor = None
        self.drawn = 0

    def begin(self, seed: tf.Tensor) -> None:
        self.seed, self.drawn = seed, 0

    def _maybe_init(self) -> None:
        pass

    def make_seed_for_stateless_op(self) -> tf.Tensor:
        """Return a seed (2,) for the next draw of the row."""
        self.drawn += 1
        return tf.random.experimental.stateless_fold_in(self.seed, self.drawn, alg="philox")

    def random_uniform(
        self, shape: Any, minval: Any = 0.0, maxval: Any = None, dtype: Any = tf.float32
    ) -> tf.Tensor:
        """Draw as Keras's generator does."""
        seed = self.make_seed_for_stateless_op()
        return tf.random.stateless_uniform(shape, seed, minval, maxval, dtype, alg="philox")


def _compiled(layers: Sequence[Layer]) -> Any:
    """Return a function that changes rows, by the seed and the epoch (2,) and their numbers."""
    draws = _Draws()
    built = [_built(layer, draws) for layer in layers]

    # Keras's layers draw once for a batch, or in its order: a row at a time has draws of its own.
    @tf.function(autograph=False, reduce_retracing=True)  # type: ignore[untyped-decorator]
    def change(stored: tf.Tensor, seeds: tf.Tensor, rows: tf.Tensor) -> tf.Tensor:
        def one(given: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
            x, row = given
            seed = tf.random.experimental.stateless_fold_in(seeds, row, alg="philox")
            for number, layer in enumerate(built):
                draws.begin(tf.random.experimental.stateless_fold_in(seed, number, alg="philox"))
                batched = isinstance(layer, keras.layers.ZeroPadding2D)
                x = layer(x[None])[0] if batched else layer(x, training=True)
            return tf.ensure_shape(x, stored.shape[1:])

        return tf.map_fn(one, (stored, rows), fn_output_signature=tf.float32)

    return change


def _built(layer: Layer, draws: _Draws) -> keras.layers.Layer:
    arguments = layer.model_dump(exclude={"type"})
    built = getattr(keras.layers, layer.type)(**arguments)
    if hasattr(built, "_random_generator"):
        built._random_generator = draws
    return built
