"""Functions that processors approximate are exact, and files still know them."""

import numpy as np
import pytest
from tensorflow.python.eager import context

from secateur.evaluate import litert
from secateur.evaluate.predictions import predictor
from secateur.export.tflite import convert
from secateur.keras_io.backend import keras, tf

X = np.random.default_rng(0).uniform(0.01, 9, (64, 5)).astype(np.float32)
# Operations that TensorFlow and XLA compute by an approximation of the processor's.
APPROXIMATE = {"Reciprocal", "ReciprocalGrad", "Inv", "Rsqrt", "Erfc"}


def operations(function: tf.types.experimental.GenericFunction, x: np.ndarray) -> set[str]:
    """Run a function; return the operations left after TensorFlow's optimization of its graph."""
    context.enable_run_metadata()
    function(tf.constant(x))
    graphs = context.export_run_metadata().function_graphs
    context.disable_run_metadata()
    return {
        node.op
        for graph in graphs
        for own in [graph.post_optimization_graph, *graph.post_optimization_graph.library.function]
        for node in [*getattr(own, "node", []), *getattr(own, "node_def", [])]
    }


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (tf.math.reciprocal, 1 / X),
        (tf.math.rsqrt, np.sqrt(1 / X)),
        (lambda x: 1 / x, 1 / X),
        (lambda x: tf.gradients(tf.math.log(x), x)[0], 1 / X),
        (lambda x: tf.constant(2.0) / x, 2 / X),
    ],
)
def test_they_are_exact_and_no_operation_of_the_processors(function, expected) -> None:  # type: ignore[no-untyped-def]
    traced = tf.function(function, autograph=False)
    assert not operations(traced, X) & APPROXIMATE
    np.testing.assert_array_equal(traced(tf.constant(X)), expected)


@pytest.mark.parametrize("training", [False, True])
def test_no_operation_of_the_processors_is_in_a_step(training: bool) -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        keras.layers.Dense(8, "gelu"), keras.layers.BatchNormalization(),
        keras.layers.LayerNormalization(), keras.layers.Dense(1, "sigmoid"),
    ])  # fmt: skip
    model.build((None, 5))

    def step(x: tf.Tensor) -> tf.Tensor:
        y = model(x, training=training)
        error = keras.losses.binary_crossentropy(tf.round(y), y)
        return [y, *tf.gradients(error, model.trainable_variables)]

    assert not operations(tf.function(step, autograph=False), X) & APPROXIMATE


def test_a_file_has_tflites_gelu_and_predicts_alike() -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input(5), keras.layers.Dense(4, "gelu")])
    ((_, content),) = convert(model, ["float32"], X)
    np.testing.assert_allclose(litert.predict(content, X), predictor()(model, X), atol=1e-5)


def test_a_grouped_convolution_is_onednns() -> None:
    x = X.reshape(2, 4, 4, 10)
    layer = keras.layers.Conv2D(4, 3, groups=2)
    expected = keras.layers.Conv2D(2, 3)
    layer.build(x.shape)
    expected.build((None, 4, 4, 5))
    expected.set_weights([layer.get_weights()[0][..., :2], np.zeros(2)])

    def step(x: tf.Tensor) -> list[tf.Tensor]:
        return [layer(x), *tf.gradients(layer(x), layer.trainable_variables)]

    found = operations(tf.function(step, autograph=False), x)
    assert "Conv2DBackpropFilter" in {name.removeprefix("_MklNative") for name in found}
    assert not {name for name in found if "Xla" in name or "Call" in name}
    np.testing.assert_allclose(layer(x)[..., :2], expected(x[..., :5]), rtol=1e-5)
