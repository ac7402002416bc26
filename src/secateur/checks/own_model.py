"""Check of a user's model against data, task, tfmot and TFLite, before it is trained."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from secateur.core.errors import InputError
from secateur.core.tasks import Task
from secateur.export.tflite import convert
from secateur.keras_io.backend import keras
from secateur.keras_io.loadable import disallowed

# Metrics and the compacted inputs use these keys beside the names of layers.
RESERVED_NAMES = ("kernels", "model", "inputs")


def check(
    where: str, model: Any, inputs: Sequence[int], outputs: int, task: Task, safe_mode: bool
) -> None:
    """Raise InputError unless a user's model fits the data, the task, tfmot and TFLite."""
    if not isinstance(model, keras.Model):
        kind = f"{type(model).__module__}.{type(model).__name__}"
        keras_3 = kind.startswith("keras.")
        hint = ": it is of Keras 3, and tfmot prunes only Keras 2; import tf_keras" * keras_3
        raise InputError(f"{where}: gives a {kind}{hint}; must be a tf_keras.Model")
    if getattr(model, "optimizer", None) is not None:
        raise InputError(f"{where}: gives a compiled model; leave out model.compile")
    if not isinstance(model, keras.Sequential) and type(model).__name__ != "Functional":
        raise InputError(
            f"{where}: gives a {type(model).__name__}; must be Sequential or Functional"
        )
    if not model.built:
        raise InputError(f"{where}: gives a model without an input shape; begin with layers.Input")
    found = disallowed({"class_name": type(model).__name__, "config": model.get_config()})
    if found and safe_mode:
        raise InputError(
            f"{where}: gives a model with {', '.join(found)}; only Keras's own layers, without "
            "Lambda, load without running code; use those, or set model.safe_mode: false"
        )
    inputs_layer = keras.layers.InputLayer
    names = [layer.name for layer in model.layers if not isinstance(layer, inputs_layer)]
    invalid = [
        name for name in names if name in RESERVED_NAMES or not re.fullmatch(r"[\w.-]{1,60}", name)
    ]
    if invalid:
        raise InputError(
            f"{where}: gives a model with a layer {invalid[0]!r}; a layer's name must have 1 to 60 "
            f"letters, digits, _ . or -, and must not be {' or '.join(RESERVED_NAMES)}"
        )
    types = {weight.dtype.name for weight in model.weights} - {"float32"}
    if types:
        raise InputError(f"{where}: gives a model with {types.pop()} weights; must be float32")
    input_shape, output_shape = model.input_shape, model.output_shape
    if isinstance(input_shape, list) or isinstance(output_shape, list):
        raise InputError(f"{where}: gives a model with several inputs or outputs; must have one")
    if tuple(input_shape[1:]) != tuple(inputs) or tuple(output_shape[1:]) != (outputs,):
        raise InputError(
            f"{where}: gives a model that takes {input_shape[1:]} and gives "
            f"{output_shape[1:]}; the data and task {task.name} need {tuple(inputs)} and "
            f"{(outputs,)}"
        )
    try:
        next(convert(model, ["float32"], np.empty(0)))  # now, not after hours of training
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    if task.name == "regression":
        return
    random = np.random.default_rng(0).normal(size=(8, *inputs)).astype(np.float32)
    probabilities = np.asarray(model(random))
    sums = probabilities.sum(axis=1) if outputs > 1 else 1
    if probabilities.min() < 0 or probabilities.max() > 1 or not np.allclose(sums, 1, atol=1e-3):
        raise InputError(
            f"{where}: gives a model whose outputs are not probabilities; its last activation must "
            f"be {task.output_activation}"
        )
