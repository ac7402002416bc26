"""Dropout and noise that repeat: what Keras draws at random while it trains, from a seed."""

from secateur.keras_io.backend import keras, tf


class Draws:
    """The random numbers of a model's layers, begun anew for each training.

    Keras's own come from an operation that no seed fixes once XLA has compiled it. A generator
    whose state is a variable can be set back. Keras has no public way to choose one for a layer
    that exists already.
    """

    def __init__(self, model: keras.Model) -> None:
        parts = model.submodules  # layers inside layers too
        self.own = [part._random_generator for part in parts if hasattr(part, "_random_generator")]
        self.kinds = [random._rng_type for random in self.own]
        self.generators = [tf.random.Generator.from_seed(0, alg="philox") for _ in self.own]
        for random, generator in zip(self.own, self.generators, strict=True):
            random._generator, random._rng_type, random._built = generator, "stateful", True

    def restart(self, seed: int) -> None:
        """Begin a training; each layer draws numbers of its own."""
        for number, generator in enumerate(self.generators):
            generator.reset_from_key_counter((seed << 20) + number, [0, 0])

    def give_back(self) -> None:
        """Let the layers be saved as they came: how they draw would stand in the file."""
        for random, kind in zip(self.own, self.kinds, strict=True):
            random._rng_type = kind
