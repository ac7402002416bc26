"""What Keras generators at random while it trains repeats, from a seed."""

import numpy as np

from secateur.keras_io.backend import keras, tf
from secateur.train.dropout import LayerGenerators

X = np.ones((50, 8), np.float32)


def noisy() -> keras.Model:
    layers = keras.layers
    inner = keras.Sequential([layers.Dropout(0.5), layers.GaussianNoise(1.0)], name="inner")
    return keras.Sequential([layers.Input((8,)), layers.Dropout(0.5), inner])


def drawn(model: keras.Model) -> list[np.ndarray]:
    """What each of three calls gives, compiled as training is."""
    call = tf.function(lambda x: model(x, training=True), jit_compile=True, autograph=False)
    return [call(X).numpy() for _ in range(3)]


def test_a_training_draws_the_same_whatever_was_drawn_before() -> None:
    model = noisy()
    generators = LayerGenerators(model)
    generators.restart(5)
    first = drawn(model)
    generators.restart(4)
    other = drawn(model)
    generators.restart(5)
    np.testing.assert_array_equal(drawn(model), first)
    assert not np.array_equal(other[0], first[0])
    assert not np.array_equal(first[0], first[1])


def test_layers_draw_numbers_of_their_own() -> None:
    model = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dropout(0.5, name="a"),
                              keras.layers.Dropout(0.5, name="b")])  # fmt: skip
    LayerGenerators(model).restart(0)
    one, other = (model.get_layer(name)(X, training=True).numpy() for name in "ab")
    assert not np.array_equal(one, other)


def test_a_model_is_saved_as_it_came() -> None:
    model = noisy()
    before = model.to_json()
    generators = LayerGenerators(model)
    generators.restart(1)
    generators.restore_types()
    assert model.to_json() == before
