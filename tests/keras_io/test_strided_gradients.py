"""The gradient of a 1 × 1 convolution with strides is right, and oneDNN's broken kernel unused."""

from collections.abc import Callable

import numpy as np
import pytest

from secateur.keras_io.backend import keras, tf

L = keras.layers


def gradient(layer: keras.layers.Layer) -> Callable[[tf.Tensor], tf.Tensor]:
    def call(x: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x) ** 2)
        return tape.gradient(loss, layer.kernel)

    return call


def strides(function: Callable[[tf.Tensor], tf.Tensor], shape: tuple[int, ...]) -> list[int]:
    """The strides of the gradient's operation, which is traced and not run."""
    traced = tf.function(function).get_concrete_function(tf.TensorSpec(shape))
    (operation,) = [
        one for one in traced.graph.get_operations() if one.type == "Conv2DBackpropFilter"
    ]
    return list(operation.get_attr("strides"))[1:3]


@pytest.mark.parametrize("channels", [1, 3, 6, 7])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_few_channels_have_the_gradient_of_the_positions_that_count(
    channels: int, padding: str
) -> None:
    keras.utils.set_random_seed(channels)
    layer = L.Conv2D(5, 1, (2, 3), padding, use_bias=False)
    x = tf.random.normal((4, 9, 8, channels))
    y = layer(x)
    assert strides(gradient(layer), x.shape) == [1, 1]
    counting = x.numpy()[:, ::2, ::3].reshape(-1, channels)
    expected = 2 * counting.T @ y.numpy().reshape(-1, 5)
    for run in (gradient(layer), tf.function(gradient(layer), autograph=False)):
        np.testing.assert_allclose(run(x)[0, 0], expected, rtol=1e-4, atol=1e-4)


def test_other_layers_of_few_channels() -> None:
    by_step = L.Conv1D(4, 1, 2)
    by_step.build((None, 8, 3))
    assert strides(gradient(by_step), (2, 8, 3)) == [1, 1]
    transposed = L.Conv2DTranspose(3, 1, 2)
    transposed.build((None, 4, 4, 9))
    assert strides(gradient(transposed), (2, 4, 4, 9)) == [1, 1]


@pytest.mark.parametrize(
    ("channels", "size", "stride"), [(8, 1, 2), (16, 1, 2), (3, 2, 2), (3, 3, 1)]
)
def test_sound_gradients_stay_as_they_are(channels: int, size: int, stride: int) -> None:
    """Their last digits must stay: MLPerf Tiny's ResNet-8 has 16 channels there."""
    layer = L.Conv2D(4, size, stride)
    layer.build((None, 8, 8, channels))
    assert strides(gradient(layer), (2, 8, 8, channels)) == [stride, stride]
