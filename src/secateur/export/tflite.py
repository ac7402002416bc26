"""Convert a Keras model to TFLite files."""

import functools
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field

from secateur.arrays.rows import Readable
from secateur.core import raw_log
from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.core.quiet import quiet_stderr

if TYPE_CHECKING:
    from secateur.export.by_layer import Assignment
    from secateur.keras_io.backend import keras, tf


NO_ROWS = np.zeros(0)  # calibrate a type that needs none


class Convert(Params):
    """Parameters of `convert`."""

    calibration_rows: Annotated[
        int,
        Field(
            ge=20,  # fewer say little of how large an activation can be
            le=100_000,
            description="Maximum number of training rows, evenly spaced, that tell the ranges of "
            "`int8` and how its weights are rounded",
        ),
    ]


def convert(
    model: "keras.Model", types: Sequence[str], rows: np.ndarray
) -> Iterator[tuple[str, bytes]]:
    """Yield a TFLite file for each type: float32, float16, dynamic or int8.

    `dynamic` stores weights as int8 and computes in float32; TFLite does not quantize kernels of
    fewer than 1,024 weights. `int8` computes in int8, input and output included; `rows` (n,
    features) calibrate its ranges and must be training rows. The network is taken as it is, and
    nearest weights: `convert_or_reason` makes files to ship.

    Raises:
        InputError: TFLite cannot hold the model.
    """
    model = _unrolled(model)
    function = _traced(model)
    for kind in types:
        yield kind, _converted(function, kind, rows)


def convert_or_reason(
    model: "keras.Model",
    types: Sequence[str],
    x: Readable,
    precision: "Assignment | None" = None,
) -> Iterator[tuple[str, bytes, str]]:
    """Yield as `convert` does, with the reason where a type has no file.

    int8, and int4, which has int8 activations, are made as well as they can be after training: of
    the network that `quantizable` returns, with ranges of all calibration rows `x` (n, *inputs).
    `mixed` is a type, too, where `precision` says how precise each layer is.

    Raises:
        InputError: TFLite cannot hold the model even in float32.
    """
    loops = _unrolled(model)  # kept while it is converted: TensorFlow does not
    function = _traced(loops)
    made = {"int8": _int8, "int4": _int4}
    if precision:
        made["mixed"] = functools.partial(_mixed, precision=precision)
    for kind in types:
        reason, content = overflow(model) if kind == "float16" else "", b""
        if not reason:
            try:
                content = made[kind](model, x) if kind in made else _converted(function, kind)
            except InputError as error:
                if kind == "float32":
                    raise
                reason = str(error)
        yield kind, content, reason


def _int8(model: "keras.Model", x: Readable) -> bytes:
    from secateur.export import calibration
    from secateur.export.quantizable import one_scale, quantizable

    ready = _unrolled(quantizable(model, x))
    rows = x[calibration.covering(ready, x)]
    return _converted(_traced(ready), "int8", rows, one_scale=one_scale(ready))


def _int4(model: "keras.Model", x: Readable) -> bytes:
    from secateur.export import quantizable

    ready = quantizable.quantizable(model, x, "int4")
    return _of_precision(ready, x, quantizable.of_all(model, "int4"))


def _mixed(model: "keras.Model", x: Readable, precision: "Assignment") -> bytes:
    from secateur.export.quantizable import scaled

    return mixed(scaled(model, x), x, precision)


def mixed(scaled: "keras.Model", x: Readable, precision: "Assignment") -> bytes:
    """Return a file whose layers have a precision each.

    Args:
        scaled: the network, as `quantizable.scaled` returns it.
        x: calibration rows (n, *inputs), which must be training rows.
        precision: of the network's layers.

    Raises:
        InputError: no such file can be made.
    """
    from secateur.export import quantizable

    return _of_precision(quantizable.on_grids(scaled, x, precision.weights), x, precision)


def _of_precision(model: "keras.Model", x: Readable, precision: "Assignment") -> bytes:
    """Quantize a network whose kernels lie on their grids."""
    from secateur.export import by_layer, calibration, ranges
    from secateur.export.quantizable import of_one_scale
    from secateur.export.rounding import folded

    ready = _unrolled(model)
    content = _converted(_traced(ready), "float32")
    covering = x[calibration.covering(ready, x)]
    return by_layer.quantized(
        content, ranges.of(content, covering), precision, of_one_scale(ready), folded(ready)
    )


def _unrolled(model: "keras.Model") -> "keras.Model":
    from secateur.export.unrolled import unrolled

    return unrolled(model)


def _traced(model: "keras.Model") -> Any:
    from secateur.keras_io.backend import tf
    from secateur.keras_io.exact import erfc_as_converters_know_it

    # Not as in training: layers that draw random numbers pass their input on.
    spec = tf.TensorSpec([None, *model.input_shape[1:]], tf.float32)
    function = tf.function(lambda x: model(x, training=False), autograph=False)
    with erfc_as_converters_know_it():
        return function.get_concrete_function(spec)


def _converted(
    function: Any, kind: str, rows: np.ndarray = NO_ROWS, one_scale: bool = False
) -> bytes:
    """Convert a traced network; with `one_scale`, dense layers have one for all channels."""
    from tensorflow.lite.python.convert import ConverterError

    from secateur.keras_io.backend import tf

    with quiet_stderr(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Statistics for quantized inputs")
        # Do not pass the model as second argument: TFLite would save and load it for each file.
        converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
        _quantize(converter, kind, lambda: ([row[None]] for row in rows))
        converter._experimental_disable_per_channel_quantization_for_dense_layers = one_scale
        try:
            return bytes(converter.convert())
        except (ConverterError, ValueError, RuntimeError) as error:  # it raises all of them
            problem = error
    # Not raised above, where what the converter printed would be shown.
    kept = raw_log.keep(problem, of=f"conversion to {kind}")
    raise InputError(f"no TFLite file can hold this model{kept}") from problem


def overflow(model: "keras.Model") -> str:
    """Return why a model has no float16 file; empty if it has one.

    float16 ends at 65,504. TFLite would write infinity without a word.
    """
    for layer in model.layers:
        for weight in layer.get_weights():
            largest = np.abs(weight).max(initial=0)
            if np.isfinite(largest) and largest > np.finfo(np.float16).max:
                return f"layer {layer.name!r} has a weight of {largest:.6g}; float16 ends at 65,504"
    return ""


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
