"""1 / sqrt(x) to the last digit, on every processor.

Processors approximate it by an instruction of their own, whose digits differ between makers;
TensorFlow's kernels and XLA use it for normalization. Square root and division are exact by IEEE
754. (XLA makes the approximation of `1 / sqrt(x)`, too, but not of `sqrt(1 / x)`.)
"""

from typing import Any


def make_exact(tf: Any) -> None:
    """Replace the inverse square root in TensorFlow, and in its normalization of a prediction."""
    from tensorflow.python.ops import math_ops
    from tf_keras.src.layers.normalization import batch_normalization

    def rsqrt(x: Any, name: str | None = None) -> Any:
        return tf.sqrt(1 / tf.convert_to_tensor(x), name=name)

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

    math_ops.rsqrt = rsqrt
    for module in (tf, used_by_keras):
        module.math.rsqrt = rsqrt
    used_by_keras.compat.v1.nn.fused_batch_norm = fused_batch_norm
