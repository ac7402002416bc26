"""Repeatable dropout and noise: Keras's random layers draw from generators with a known seed."""

from secateur.keras_io.backend import keras, tf
from secateur.keras_io.parts import parts


class LayerGenerators:
    """The random generators of a model's layers, reset before each training.

    Keras draws with an operation that ignores seeds once XLA has compiled it. A generator that
    keeps its state in a variable can be reset. Keras has no public way to give an existing layer
    such a generator.
    """

    def __init__(self, model: keras.Model) -> None:
        random_layers = [  # also those inside layers
            layer for layer in parts(model) if hasattr(layer, "_random_generator")
        ]
        self.keras_generators = [layer._random_generator for layer in random_layers]
        self.types = [random._rng_type for random in self.keras_generators]
        self.generators = [tf.random.Generator.from_seed(0, alg="philox") for _ in random_layers]
        for random, generator in zip(self.keras_generators, self.generators, strict=True):
            random._generator, random._rng_type, random._built = generator, "stateful", True

    def restart(self, seed: int) -> None:
        """Reset every generator; each layer draws its own numbers."""
        for number, generator in enumerate(self.generators):
            generator.reset_from_key_counter((seed << 20) + number, [0, 0])

    def states(self) -> list[tf.Variable]:
        """Return what every generator draws its next numbers from."""
        return [generator.state for generator in self.generators]

    def restore_types(self) -> None:
        """Restore the layers' generator types, because Keras saves them in the file."""
        for random, rng_type in zip(self.keras_generators, self.types, strict=True):
            random._rng_type = rng_type
