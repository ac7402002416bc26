"""Whether a user's model fits the data, the task, tfmot and TFLite, before it is trained."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from secateur.core.errors import InputError
from secateur.core.tasks import Task
from secateur.export.tflite import convert
from secateur.keras_io.backend import keras
from secateur.keras_io.loadable import disallowed

# Metrics, and the compacted inputs, have keys of these names beside those of layers.
TAKEN = ("kernels", "model", "inputs")


def check(
    where: str, model: Any, inputs: Sequence[int], outputs: int, task: Task, safe_mode: bool
) -> None:
    """Raise InputError unless a user's model fits the data, the task, and tfmot."""
    if not isinstance(model, keras.Model):
        kind = f"{type(model).__module__}.{type(model).__name__}"
        keras_3 = kind.startswith("keras.")
        hint = ": it is of Keras 3, and tfmot prunes Keras 2 only; import tf_keras" * keras_3
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
            f"{where}: gives a model with {', '.join(found)}; only Keras's own layers, and no "
            "Lambda, can be saved and read back without running code; or set model.safe_mode: false"
        )
    inputs_layer = keras.layers.InputLayer
    names = [layer.name for layer in model.layers if not isinstance(layer, inputs_layer)]
    odd = [name for name in names if name in TAKEN or not re.fullmatch(r"[\w.-]{1,60}", name)]
    if odd:
        raise InputError(
            f"{where}: gives a model with a layer {odd[0]!r}; a layer's name must have letters, "
            f"digits, _ . or - only, 60 at most, and must not be {' or '.join(TAKEN)}"
        )
    types = {weight.dtype.name for weight in model.weights} - {"float32"}
    if types:
        raise InputError(f"{where}: gives a model with {types.pop()} weights; must be float32")
    taken, given = model.input_shape, model.output_shape
    if isinstance(taken, list) or isinstance(given, list):
        raise InputError(f"{where}: gives a model with several inputs or outputs; must have one")
    if tuple(taken[1:]) != tuple(inputs) or tuple(given[1:]) != (outputs,):
        raise InputError(
            f"{where}: gives a model that takes {taken[1:]} and gives {given[1:]}; the data and "
            f"task {task.name} need {tuple(inputs)} and {(outputs,)}"
        )
    try:
        next(convert(model, ["float32"], np.empty(0)))  # after hours of training is too late
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    if task.name == "regression":
        return
    random = np.random.default_rng(0).normal(size=(8, *inputs)).astype(np.float32)
    share = np.asarray(model(random))
    sums = share.sum(axis=1) if outputs > 1 else 1
    if share.min() < 0 or share.max() > 1 or not np.allclose(sums, 1, atol=1e-3):
        raise InputError(
            f"{where}: gives a model whose outputs are no probabilities; its last activation must "
            f"be {task.output_activation}"
        )
