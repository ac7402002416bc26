"""The gradient of a 1 × 1 convolution that skips positions, where oneDNN's kernel is broken.

Held to AVX2 (`keras_io.backend`), oneDNN copies the positions that count into a buffer, and writes
past its end if there are fewer than 8 input channels: the process crashes, or the gradient is wrong
(https://github.com/uxlfoundation/oneDNN/issues/6035). The same gradient without a stride, of those
positions alone, takes no buffer.
"""

from typing import Any

CHANNELS = 8  # float32 values in a register of AVX2


def make_safe(tf: Any) -> None:
    """Replace the kernel's gradient of such convolutions, transposed ones too."""
    from tensorflow.python.ops import gen_nn_ops

    gradient = gen_nn_ops.conv2d_backprop_filter

    def conv2d_backprop_filter(
        input: Any, filter_sizes: Any, out_backprop: Any, *, strides: list[int], **options: Any
    ) -> Any:
        *size, channels, _ = _static(tf, filter_sizes)
        if size == [1, 1] and max(strides) > 1 and channels < CHANNELS:
            # Channels come last: a processor computes no gradient of the other order.
            input, strides = input[:, :: strides[1], :: strides[2]], [1, 1, 1, 1]
        return gradient(input, filter_sizes, out_backprop, strides=strides, **options)

    gen_nn_ops.conv2d_backprop_filter = conv2d_backprop_filter


def _static(tf: Any, shape: Any) -> list[int]:
    """Return the shape that a tensor holds; TensorFlow finds it by itself but for ShapeN."""
    found = tf.get_static_value(shape)
    if found is None:
        return list(shape.op.inputs[shape.value_index].shape)
    return [int(size) for size in found]
