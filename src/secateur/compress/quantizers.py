"""What weights and activations become while a network trains for int8 or int4: tfmot's quantizers.

Weights lie on the grid of the later file, whose end is the largest weight of a scale. tfmot's own
quantizer gives a DepthwiseConv2D one scale for all channels that share a multiplier.
"""

from typing import Any

from secateur.keras_io.backend import fast_import, tf

with fast_import():
    from tensorflow_model_optimization.quantization.keras import quantizers

DECAY = 0.999  # of a range that is too wide
SMALLEST = 1e-6  # of a range; XLA divides by what a layer gives that gives zeros only


class Rounded(quantizers.Quantizer):  # type: ignore[misc]
    """Rounds a kernel to the multiples of its scales; gradients pass."""

    def __init__(self, largest: int, axes: tuple[int, ...]) -> None:
        self.largest, self.axes = largest, axes

    def build(self, shape: Any, name: str, layer: Any) -> dict[str, Any]:
        """Keep nothing: a scale is always that of the weights as they are."""
        return {}

    def __call__(self, inputs: Any, training: Any, weights: Any, **options: Any) -> Any:
        """Return the rounded kernel."""
        rounded = on_grid(inputs, self.largest, self.axes)
        return inputs + tf.stop_gradient(rounded - inputs)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"largest": self.largest, "axes": self.axes}


def on_grid(kernel: Any, most: int, axes: tuple[int, ...]) -> Any:
    """Return a kernel whose weights are whole multiples, `most` at most, of their scale."""
    rank = len(kernel.shape)
    others = [axis for axis in range(rank) if axis not in [own % rank for own in axes]]
    largest = tf.reduce_max(tf.abs(kernel), axis=others, keepdims=True)
    scale = largest / most
    # Zeros alone have no scale. What is added makes no zero negative.
    return tf.round(tf.math.divide_no_nan(kernel, scale)) * scale + 0.0


class Ranges(quantizers.MovingAverageQuantizer):  # type: ignore[misc]
    """Rounds activations to 8 bits between a smallest and a largest value that training follows.

    A range widens at once and narrows slowly, so that it holds every value, as that of the file
    will. tfmot's follows the extremes of a batch on average, which are those of most batches: the
    largest targets of a regression would be cut off.

    While it is `measuring`, it sets the two to the extremes of all that it has seen, and rounds
    nothing.
    """

    def __init__(self) -> None:
        super().__init__(num_bits=8, per_axis=False, symmetric=False, narrow_range=False)
        self.measuring = False
        self.measured: set[Any] = set()

    def __call__(self, inputs: Any, training: Any, weights: Any, **options: Any) -> Any:
        """Return the rounded activations."""
        low, high = weights["min_var"], weights["max_var"]
        if not (self.measuring or training):
            return _rounded(inputs, low, high)
        # Zero is always a value of its own: padding needs it.
        least = tf.minimum(tf.reduce_min(inputs), 0.0)
        most = tf.maximum(tf.reduce_max(inputs), 0.0)
        if self.measuring:
            if low.ref() in self.measured:
                least, most = tf.minimum(least, low), tf.maximum(most, high)
            self.measured.add(low.ref())
        else:
            least = tf.minimum(least, DECAY * low + (1 - DECAY) * least)
            most = tf.maximum(most, DECAY * high + (1 - DECAY) * most)
        low.assign(least)
        high.assign(most)
        return inputs if self.measuring else _rounded(inputs, least, most)


def _rounded(inputs: Any, low: Any, high: Any) -> Any:
    most = tf.maximum(high, SMALLEST)
    found = tf.quantization.fake_quant_with_min_max_vars(inputs, low, most, num_bits=8)
    # XLA would make a number of NaN, and a training that diverges would go on.
    return tf.where(tf.math.is_nan(inputs), inputs, found)
