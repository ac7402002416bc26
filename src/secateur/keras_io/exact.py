"""1 / x, 1 / sqrt(x) and erfc(x) to the last digit, on every processor.

Processors approximate the first two by instructions of their own, whose digits differ between
makers; TensorFlow's kernels and XLA use them. Division and square root are exact by IEEE 754. (XLA
makes the approximation of `1 / sqrt(x)`, too, but not of `sqrt(1 / x)`.)

Keras would let XLA compute a grouped convolution, which gives other digits on one core than on two.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def make_exact(tf: Any) -> None:
    """Replace these functions in TensorFlow, and what Keras computes otherwise.

    Grappler, which optimizes graphs, would make the operation Reciprocal of each division of a
    constant. XLA does its other work, and a step by oneDNN takes as long without it.
    """
    from tensorflow.python.ops import math_ops
    from tf_keras.src.layers.convolutional.base_conv import Conv
    from tf_keras.src.layers.normalization import batch_normalization

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})

    def reciprocal(x: Any, name: str | None = None) -> Any:
        return 1 / tf.convert_to_tensor(x)

    def rsqrt(x: Any, name: str | None = None) -> Any:
        return tf.sqrt(1 / tf.convert_to_tensor(x))

    def erfc(x: Any, name: str | None = None) -> Any:
        return 1 - tf.math.erf(x)

    used_by_keras = batch_normalization.tf
    normalized = used_by_keras.compat.v1.nn.fused_batch_norm

    def fused_batch_norm(
        x: Any, scale: Any, offset: Any, mean: Any = None, variance: Any = None,
        epsilon: float = 0.001, data_format: str = "NHWC", is_training: bool = True, **options: Any
    ) -> tuple[Any, Any, Any]:  # fmt: skip
        if is_training is not False or data_format != "NHWC":
            return normalized(
                x, scale, offset, mean, variance, epsilon, data_format, is_training, **options
            )  # type: ignore[no-any-return]
        factor = scale * rsqrt(variance + epsilon)
        return x * factor + (offset - mean * factor), mean, variance

    for function in (reciprocal, rsqrt, erfc):
        for module in (math_ops, tf.math, used_by_keras.math):
            setattr(module, function.__name__, function)
    used_by_keras.compat.v1.nn.fused_batch_norm = fused_batch_norm
    Conv._jit_compiled_convolution_op = Conv.convolution_op


@contextmanager
def erfc_as_converters_know_it() -> Iterator[None]:
    """Let `erfc` be TensorFlow's operation, by which TFLite's converter knows a GELU."""
    from tensorflow.python.ops import gen_math_ops, math_ops

    exact = math_ops.erfc
    math_ops.erfc = gen_math_ops.erfc
    try:
        yield
    finally:
        math_ops.erfc = exact
