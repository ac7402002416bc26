"""Repeatable dropout and noise: Keras's random layers draw from generators with a known seed."""

from secateur.keras_io.backend import keras, tf


class LayerGenerators:
    """The random generators of a model's layers, reset before each training.

    Keras draws with an operation that ignores seeds once XLA has compiled it. A generator that
    keeps its state in a variable can be reset. Keras has no public way to give an existing layer
    such a generator.
    """

    def __init__(self, model: keras.Model) -> None:
        parts = model.submodules  # includes layers inside layers
        self.keras_own = [p._random_generator for p in parts if hasattr(p, "_random_generator")]
        self.types = [own._rng_type for own in self.keras_own]
        self.generators = [tf.random.Generator.from_seed(0, alg="philox") for _ in self.keras_own]
        for own, generator in zip(self.keras_own, self.generators, strict=True):
            own._generator, own._rng_type, own._built = generator, "stateful", True

    def restart(self, seed: int) -> None:
        """Reset every generator; each layer draws its own numbers."""
        for number, generator in enumerate(self.generators):
            generator.reset_from_key_counter((seed << 20) + number, [0, 0])

    def restore_types(self) -> None:
        """Restore the layers' generator types, because Keras saves them in the file."""
        for own, rng_type in zip(self.keras_own, self.types, strict=True):
            own._rng_type = rng_type
