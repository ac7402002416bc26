"""The section `model`: layers to build, a user's function, or a user's trained file."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.core.tasks import Task
from secateur.network.layers import Activation, Dense, LayerSpec, prefix
from secateur.recipes.scopes import Layer

FOLDER = "network"  # for a user's own files: DVC watches it
FUNCTION = "build_model"  # of a user's Python file that names no other
SOURCES = ("layers", "build", "file")


def _inside(path: str) -> str:
    """DVC has no dependency that may be missing, hence one folder for all that is the user's."""
    parts = PurePosixPath(path).parts
    if len(parts) < 2 or parts[0] != FOLDER or ".." in parts:
        raise ValueError(
            f"{path!r}: must lie in the folder {FOLDER}/, which DVC watches for changes; move it "
            f"there and write {FOLDER}/{PurePosixPath(path).name.strip('.') or 'my_model.py'}"
        )
    return path


def _function(given: str) -> str:
    path, _, name = given.partition(":")
    if not re.fullmatch(r"([A-Za-z_]\w*)?", name):
        raise ValueError(
            f"{given!r}: {name!r} is no name of a function; must be {FOLDER}/my_model.py:function"
        )
    if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", path) and "/" not in path and path[-3:] != ".py":
        raise ValueError(
            f"{given!r}: must be a path, {FOLDER}/my_model.py or {FOLDER}/my_package, and may be "
            "followed by a colon and the function's name"
        )
    _inside(path)
    return given


class Model(Params):
    """The network: exactly one of `layers`, `build` and `file`."""

    RENAMED: ClassVar[dict[str, str]] = {
        "source": f"file (a trained file in {FOLDER}/); leave it out with `layers`",
        "builder": f"build, such as {FOLDER}/my_model.py:{FUNCTION}",
        "trust": "safe_mode, which is false where trust was true, and true where it is left out",
    }

    layers: Annotated[
        Annotated[list[LayerSpec], Field(min_length=1, max_length=1000)] | None,
        Field(description="Keras's layers to build, without the output layer"),
    ] = None
    output_activation: Annotated[
        Activation | None,
        Field(description="With `layers`: the output layer's; left out: what the task needs"),
    ] = None
    build: Annotated[
        Annotated[str, AfterValidator(_function)] | None,
        Field(
            description=f"Your Python file or package in `{FOLDER}/`, and after a colon the "
            f"function in it (left out: `{FUNCTION}`); it is called with (input_shape, outputs, "
            "**params) and returns an uncompiled `tf_keras` model"
        ),
    ] = None
    params: Annotated[
        dict[str, Any], Field(description="With `build`: further arguments of the function")
    ] = Field({})
    file: Annotated[
        Annotated[str, AfterValidator(_inside)] | None,
        Field(
            description=f"Your trained model in `{FOLDER}/`: `.h5`, `.keras` or a SavedModel's "
            "folder, of Keras 2; it takes the place of training a baseline"
        ),
    ] = None
    safe_mode: Annotated[
        bool,
        Field(
            description="Refuse a model that brings code of its own (a Lambda layer, a class of "
            "yours), because loading runs it; Keras's own word"
        ),
    ] = True

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        given = [key for key in SOURCES if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(
                f"has {' and '.join(given) or 'none'} of layers, build and file; must have "
                "exactly one of them"
            )
        if self.output_activation and not self.layers:
            raise ValueError("`output_activation` goes with `layers`")
        if self.params and not self.build:
            raise ValueError("`params` goes with `build`: they are the function's arguments")
        names = Counter(name for name, _ in self.named())
        for name in [
            *(n for n, count in names.items() if count > 1),
            *({"inputs", "output"} & names.keys()),
        ]:
            raise ValueError(f"layers: {name!r} is the name of another layer; choose another")
        return self

    def named(self) -> list[tuple[str, LayerSpec]]:
        """The listed layers, each with its name in the network.

        Keras's own names count up within a process.
        """
        counts: Counter[str] = Counter()
        found = []
        for spec in self.layers or ():
            kind = prefix(spec.type)
            counts[kind] += 1
            found.append((spec.name or f"{kind}_{counts[kind]}", spec))
        return found

    def check_task(self, task: Task) -> None:
        """Raise InputError if the output layer cannot give what the task needs."""
        given = self.output_activation or task.output_activation
        if task.name != "regression" and given != task.output_activation:
            raise InputError(
                f"model.output_activation: {given!r}: task {task.name} takes "
                f"{task.output_activation!r}; leave it out"
            )

    def dense_layers(self, inputs: Sequence[int], outputs: int) -> dict[str, Layer] | None:
        """Each Dense layer by name, its kernel (inputs, units); None if others have kernels.

        Needs no TensorFlow: a recipe that does not fit is refused at once.
        """
        if len(inputs) != 1 or self.layers is None:
            return None
        width, found = inputs[0], {}
        for name, spec in self.named():
            if isinstance(spec, Dense):
                found[name] = Layer("Dense", (width, spec.units))
                width = spec.units
            elif spec.type not in ("Dropout", "BatchNormalization"):
                return None
        return {**found, "output": Layer("Dense", (width, outputs))}
