"""The section `model`: layers to build, a user's function, or a user's trained file."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.core.tasks import Task
from secateur.keras_io.own_code import FOLDER
from secateur.network.layers import Activation, Dense, LayerSpec, prefix
from secateur.recipes.scopes import Layer

FUNCTION = "build_model"  # called if `model.build` names no function
FrozenLayers = Literal["keep", "train"]
SOURCES = ("layers", "build", "file")


def _inside(path: str) -> str:
    """Refuse a path outside of FOLDER: DVC watches the folder, as its files may be missing."""
    parts = PurePosixPath(path).parts
    if len(parts) < 2 or parts[0] != FOLDER or ".." in parts:
        raise ValueError(
            f"{path!r}: must lie in the folder {FOLDER}/, which DVC watches for changes; move it "
            f"there and write {FOLDER}/{PurePosixPath(path).name.strip('.') or 'my_model.py'}"
        )
    return path


def _function(value: str) -> str:
    path, _, name = value.partition(":")
    if not re.fullmatch(r"([A-Za-z_]\w*)?", name):
        raise ValueError(
            f"{value!r}: {name!r} is not a function's name; must be {FOLDER}/my_model.py:function"
        )
    if re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", path) and "/" not in path and path[-3:] != ".py":
        raise ValueError(
            f"{value!r}: must be a path such as {FOLDER}/my_model.py or {FOLDER}/my_package; a "
            "colon and the function's name may follow"
        )
    _inside(path)
    return value


class Model(Params):
    """The network: exactly one of `layers`, `build` and `file`."""

    RENAMED: ClassVar[dict[str, str]] = {
        "source": f"file (a trained file in {FOLDER}/); leave it out with `layers`",
        "builder": f"build, such as {FOLDER}/my_model.py:{FUNCTION}",
        "trust": "safe_mode: false where trust was true; by default true",
    }

    layers: Annotated[
        Annotated[list[LayerSpec], Field(min_length=1, max_length=1000)] | None,
        Field(description="Keras's layers to build, without the output layer"),
    ] = None
    output_activation: Annotated[
        Activation | None,
        Field(description="With `layers`: of the output layer; left out: what the task needs"),
    ] = None
    build: Annotated[
        Annotated[str, AfterValidator(_function)] | None,
        Field(
            description=f"Your Python file or package in `{FOLDER}/`, then a colon and its "
            f"function (left out: `{FUNCTION}`), which takes (input_shape, outputs, **params) and "
            "returns an uncompiled `tf_keras` model"
        ),
    ] = None
    params: Annotated[
        dict[str, Any], Field(description="With `build`: further arguments of the function")
    ] = Field({})
    file: Annotated[
        Annotated[str, AfterValidator(_inside)] | None,
        Field(
            description=f"Your trained model in `{FOLDER}/`: `.h5`, `.keras` or a SavedModel "
            "folder, saved by Keras 2; it replaces the trained baseline"
        ),
    ] = None
    inputs: Annotated[
        Annotated[dict[str, Annotated[list[str], Field(min_length=1)]], Field(min_length=1)] | None,
        Field(
            description="Of a network with several inputs: by the name of each, the columns of the "
            "table that it takes, in its order"
        ),
    ] = None
    frozen_layers: Annotated[
        FrozenLayers | None,
        Field(
            description="Layers with `trainable = False`: `keep` them so, or `train` them; left "
            "out: kept, but refused where they would keep random weights"
        ),
    ] = None
    safe_mode: Annotated[
        bool,
        Field(
            description="Refuse a model with its own code (a Lambda layer, your own class), "
            "because loading runs it; Keras's name"
        ),
    ] = True

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        sources = [key for key in SOURCES if getattr(self, key) is not None]
        if len(sources) != 1:
            raise ValueError(
                f"has {' and '.join(sources) or 'no network'}; must have exactly one of layers, "
                "build and file"
            )
        if self.output_activation and not self.layers:
            raise ValueError("`output_activation` needs `layers`")
        if self.inputs and self.layers:
            raise ValueError("`inputs` needs `build` or `file`: listed layers have one input")
        for name, columns in (self.inputs or {}).items():
            if len(set(columns)) < len(columns):
                raise ValueError(f"inputs.{name}: {columns}: a column is repeated; list each once")
        if self.params and not self.build:
            raise ValueError("`params` needs `build`: they are its function's arguments")
        names = Counter(name for name, _ in self.named())
        for name in [
            *(n for n, count in names.items() if count > 1),
            *({"inputs", "output", "as_inputs"} & names.keys()),
        ]:
            raise ValueError(f"layers: {name!r} is the name of another layer; choose another")
        return self

    def named(self) -> list[tuple[str, LayerSpec]]:
        """Return the listed layers with their names in the network.

        Keras's own names would count up within a process.
        """
        counts: Counter[str] = Counter()
        named = []
        for spec in self.layers or ():
            kind = prefix(spec.type)
            counts[kind] += 1
            named.append((spec.name or f"{kind}_{counts[kind]}", spec))
        return named

    def check_task(self, task: Task) -> None:
        """Raise InputError if the output layer cannot give what the task needs."""
        activation = self.output_activation or task.output_activation
        if task.name != "regression" and activation != task.output_activation:
            raise InputError(
                f"model.output_activation: {activation!r}: task {task.name} takes "
                f"{task.output_activation!r}; leave it out"
            )

    def dense_layers(self, inputs: Sequence[int], outputs: int) -> dict[str, Layer] | None:
        """Return each Dense layer with its kernel (inputs, units); None if others have kernels.

        It needs no TensorFlow, so a recipe that does not fit fails at once.
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
