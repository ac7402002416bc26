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
