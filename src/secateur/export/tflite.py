"""Convert a Keras model to TFLite files."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import numpy as np
from pydantic import Field

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.core.quiet import quiet_stderr

if TYPE_CHECKING:
    from secateur.keras_io.backend import keras, tf


class Convert(Params):
    """Parameters of `convert`."""

    calibration_rows: Annotated[
        int,
        Field(
            ge=1,
            le=100_000,
            description="Maximum number of training rows that calibrate the ranges of `int8`",
        ),
    ]


def convert(
    model: "keras.Model", types: Sequence[str], rows: np.ndarray
) -> Iterator[tuple[str, bytes]]:
    """Yield a TFLite file for each type: float32, float16, dynamic or int8.

    `dynamic` stores weights as int8 and computes in float32; TFLite does not quantize kernels of
    fewer than 1,024 weights. `int8` computes in int8, input and output included; `rows` (n,
    features) calibrate its ranges and must be training rows.

    Raises:
        InputError: TFLite cannot hold the model.
    """
    from tensorflow.lite.python.convert import ConverterError

    from secateur.keras_io.backend import tf

    spec = tf.TensorSpec([None, *model.input_shape[1:]], tf.float32)
    function = tf.function(
        lambda x: model(x, training=False), autograph=False
    ).get_concrete_function(spec)
    for kind in types:
        with quiet_stderr(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Statistics for quantized inputs")
            # Do not pass the model as second argument: TFLite would save and load it for each file.
            converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
            _quantize(converter, kind, lambda: ([row[None]] for row in rows))
            try:
                content = converter.convert()
            except ConverterError as error:
                why = str(error).rpartition("error: ")[2]
                raise InputError(f"no TFLite file can hold this model: {why[:200]}") from None
        yield kind, content


def _quantize(
    converter: "tf.lite.TFLiteConverter", kind: str, rows: Callable[[], Iterator[list[np.ndarray]]]
) -> None:
    from secateur.keras_io.backend import tf

    # Never use EXPERIMENTAL_SPARSITY: with quantization it silently ruins this network.
    if kind != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind == "int8":
        converter.representative_dataset = rows
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
