"""Check of a user's model against data, task, tfmot and TFLite, before it is trained."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from secateur.arrays.rows import Rows
from secateur.compress import pruning
from secateur.core.errors import InputError
from secateur.core.tasks import Task
from secateur.keras_io.backend import keras
from secateur.keras_io.loadable import disallowed, not_subclassed
from secateur.keras_io.parts import parts
from secateur.network import inputs as network_inputs
from secateur.network.adapted import adapted
from secateur.network.inputs import Given


def prepare(
    where: str, model: Any, safe_mode: bool, given: Given | None = None
) -> tuple[keras.Model, dict[str, str]]:
    """Return a user's model as later stages need it, and her names of layers that got others.

    `given` is what a row gives it.

    Raises:
        InputError: it is no Keras 2 model, compiled, subclassed, not built, or brings code; or has
            other inputs than `model.inputs` says; or would lose a penalty.
    """
    if not isinstance(model, keras.Model):
        kind = f"{type(model).__module__}.{type(model).__name__}"
        keras_3 = kind.startswith("keras.")
        hint = ": it is of Keras 3, and tfmot prunes only Keras 2; import tf_keras" * keras_3
        raise InputError(f"{where}: gives a {kind}{hint}; must be a tf_keras.Model")
    if getattr(model, "optimizer", None) is not None:
        raise InputError(f"{where}: gives a compiled model; leave out model.compile")
    if not isinstance(model, keras.Sequential) and type(model).__name__ != "Functional":
        raise InputError(f"{where}: {not_subclassed(type(model).__name__, 'input_shape')}")
    if not model.built:
        raise InputError(f"{where}: gives a model without an input shape; begin with layers.Input")
    if given:
        network_inputs.check(where, model, given)
    with warnings.catch_warnings():  # of initializers that are TensorFlow's, not Keras's
        warnings.filterwarnings("ignore", message=r"The `keras\.initializers\.serialize")
        found = disallowed({"class_name": type(model).__name__, "config": model.get_config()})
        made = None if found and safe_mode else adapted(pruning.finished(model), given)
    if made is None:
        raise InputError(
            f"{where}: gives a model with {', '.join(found)}; only Keras's own layers, without "
            "Lambda, and arithmetic between them load without running code; use those, or set "
            "model.safe_mode: false"
        )
    if _penalties(model) and not _penalties(made[0]):
        raise InputError(
            f"{where}: gives a model with add_loss and with nested models or other inputs than a "
            "row gives, which Secateur rebuilds from calls of layers; the penalty would be lost: "
            "give it to a layer, as activity_regularizer or in a layer of yours, or do not nest"
        )
    return made


def _penalties(model: keras.Model) -> int:
    """Return how many penalties `add_loss` of a functional model has added, at any depth."""
    return sum(type(part).__name__ == "AddLoss" for part in parts(model))


def check(
    where: str,
    model: keras.Model,
    inputs: Sequence[int],
    outputs: int | Sequence[int],
    task: Task,
    rows: Rows,
) -> None:
    """Raise InputError unless a prepared model fits the data, the task and rows of the data."""
    types = {weight.dtype.name for weight in model.weights} - {"float32"}
    if types:
        raise InputError(f"{where}: gives a model with {types.pop()} weights; must be float32")
    for layer in model.layers:
        if not all(np.isfinite(weight).all() for weight in layer.get_weights()):
            raise InputError(
                f"{where}: layer {layer.name!r} has weights that are NaN or infinite; its training "
                "diverged: train it anew, with a lower learning rate"
            )
    if isinstance(model.output_shape, (list, dict)):
        raise InputError(
            f"{where}: gives a model with several outputs; must have one: end with a Concatenate "
            "of them if the target is several numbers, or make a network for each"
        )
    own = tuple(model.input_shape[1:])
    if own != tuple(inputs):
        raise InputError(f"{where}: gives a model that takes {own}; the data need {tuple(inputs)}")
    if not isinstance(outputs, int):
        _check_reconstruction(where, model, outputs)
        return
    _check_output(where, model, outputs, task)
    if outputs == 1 and _activation(model) == "softmax":
        raise InputError(
            f"{where}: softmax over one unit is always 1; end with {_last_layer(outputs, task)}"
        )
    if (
        task.name == "regression"
        and _activation(model) == "sigmoid"
        and ((y := rows.targets()).min() < 0 or y.max() > 1)
    ):
        raise InputError(
            f"{where}: its last activation is sigmoid, which gives 0 to 1; the targets of task "
            f"regression reach from {y.min():.4g} to {y.max():.4g}: end with "
            f"Dense({outputs})"
            + (", or set task: binary if the target is a class" if outputs == 1 else "")
        )


def _check_reconstruction(where: str, model: keras.Model, shape: Sequence[int]) -> None:
    """Raise InputError unless the model gives what has the shape of its inputs."""
    given = tuple(model.output_shape[1:])
    if given != tuple(shape):
        raise InputError(
            f"{where}: gives {given}, but an autoencoder (data.target: inputs) gives the shape of "
            f"its inputs, {tuple(shape)}; end with such a layer, perhaps Reshape({tuple(shape)})"
        )


def _check_output(where: str, model: keras.Model, outputs: int, task: Task) -> None:
    """Raise InputError, with the last layer or the task that would fit, if the units do not."""
    given = tuple(model.output_shape[1:])
    if given == (outputs,):
        return
    units, activation = given[-1] if given else 0, _activation(model)
    wanted = _last_layer(outputs, task)
    if len(given) != 1:
        why = f"{len(given)} axes; end with Flatten or a global pooling, then {wanted}"
    elif task.name == "binary" and units == 2:
        why = (
            "two units, one for each class; task binary has one, the probability of the second "
            f"class: end with {wanted}, or set task: multiclass"
        )
    elif task.name == "multiclass" and units == 1:
        why = f"one unit; {outputs} classes need one each: end with {wanted}" + (
            ", or set task: binary" if outputs == 2 else ""
        )
    elif task.name == "multiclass":
        why = (
            f"{units} units; the target has {outputs} classes in the training rows: end with "
            f"{wanted}"
        )
    else:
        why = f"{units} units; end with {wanted}" + (
            ", or set task: multiclass if the target is one of several classes"
            if activation == "softmax"
            else ""
        )
    raise InputError(f"{where}: gives {given}, but task {task.name} needs {(outputs,)}: {why}")


def _last_layer(outputs: int, task: Task) -> str:
    """Return the last layer that fits a task, as its call."""
    linear = task.output_activation == "linear"
    return f"Dense({outputs})" if linear else f"Dense({outputs}, {task.output_activation!r})"


def check_probabilities(where: str, model: keras.Model, task: Task, given: np.ndarray) -> None:
    """Raise InputError if predictions (n, outputs) are no probabilities, as classes need."""
    if task.name == "regression":
        return
    activation = _activation(model)
    sums = given.sum(axis=1) if given.shape[1] > 1 else 1
    fits = given.min() >= 0 and given.max() <= 1 and np.allclose(sums, 1, atol=1e-3)
    if not fits or activation == "linear":
        logits = (
            f"they are logits; add layers.Activation({task.output_activation!r}) at its end"
            if activation == "linear"
            else f"its last activation is {activation}, and must be {task.output_activation}"
        )
        raise InputError(f"{where}: gives a model whose outputs are not probabilities: {logits}")


def _activation(model: keras.Model) -> str:
    """Return Keras's name of the last activation; `?` for a layer without one."""
    layer = model.layers[-1]
    if isinstance(layer, keras.Model):
        return _activation(layer)
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    activation = getattr(layer, "activation", None)
    return str(keras.activations.serialize(activation)) if activation else "?"
