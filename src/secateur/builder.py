"""A user's function that builds a model, and whether a user's model can be used."""

import difflib
import importlib
import re
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from secateur.backend import keras
from secateur.converting import convert
from secateur.errors import InputError, one_line
from secateur.loadable import foreign
from secateur.network import Model
from secateur.tasks import Task

TAKEN = ("kernels", "model", "inputs")  # metrics, and shrinking, use these


def build(model: Model, inputs: Sequence[int], outputs: int, task: Task, seed: int) -> keras.Model:
    """What the user's function gives for an input shape, an output size, and its own params.

    Raises:
        InputError: it cannot be imported, fails, imports a file that DVC does not watch, or gives
            what cannot be used.
    """
    name, function = str(model.builder).split(":")
    where = f"params.yaml: model.builder: {model.builder!r}"
    keras.utils.set_random_seed(seed)
    keras.backend.reset_uids()  # names of layers would count up from seed to seed
    before = set(sys.modules)
    try:
        with _from_here():
            module = importlib.import_module(name)
            if not hasattr(module, function):
                near = difflib.get_close_matches(function, dir(module), n=1)
                hint = f" (did you mean {near[0]!r}?)" if near else ""
                raise AttributeError(f"no function {function!r} in it{hint}")
            call = getattr(module, function)
            made = call(tuple(inputs), outputs, **model.params)
    except Exception as error:  # the user's code may raise anything
        raise InputError(
            f"{where}: {_place(error)}{type(error).__name__}: {one_line(error)}"
        ) from None
    _check_watched(where, model, before)
    check(where, made, inputs, outputs, task, model.trust)
    return made


@contextmanager
def _from_here() -> Iterator[None]:
    """Import from the repository's top; without bytecode, which would change a watched folder."""
    here, written = str(Path.cwd()), sys.dont_write_bytecode
    sys.path.insert(0, here)
    sys.dont_write_bytecode = True
    try:
        yield
    finally:
        sys.path.remove(here)
        sys.dont_write_bytecode = written


def _place(error: Exception) -> str:
    """The last line of the user's own code that led to an error."""
    here = Path.cwd()
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(here)
        and Path(frame.filename) != Path(__file__)
        and "site-packages" not in frame.filename
    ]
    if not frames:
        return ""
    return f"{Path(frames[-1].filename).relative_to(here)}, line {frames[-1].lineno}: "


def _check_watched(where: str, model: Model, before: set[str]) -> None:
    """DVC must see every file of the user's that the function imports."""
    here, watched = Path.cwd(), Path(model.source).resolve()
    own = Path(__file__).resolve().parent
    for name in sorted(set(sys.modules) - before):
        file = getattr(sys.modules[name], "__file__", None)
        path = Path(file).resolve() if file else here
        local = path.is_relative_to(here) and "site-packages" not in path.parts
        if file and local and not path.is_relative_to(watched) and not path.is_relative_to(own):
            raise InputError(
                f"{where}: uses {path.relative_to(here)}, which is not in model.source "
                f"({model.source!r}): DVC would not see that it changed; name its folder there"
            )


def check(
    where: str, model: Any, inputs: Sequence[int], outputs: int, task: Task, trusted: bool
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
    found = foreign({"class_name": type(model).__name__, "config": model.get_config()})
    if found and not trusted:
        raise InputError(
            f"{where}: gives a model with {', '.join(found)}; only Keras's own layers, and no "
            "Lambda, can be saved and read back without running code; or set model.trust: true"
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
