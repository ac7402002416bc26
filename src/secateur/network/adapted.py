"""A user's model in the form that every later stage can copy, save and name."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from secateur.keras_io.backend import keras
from secateur.keras_io.calls import renamed
from secateur.keras_io.loadable import canonical
from secateur.keras_io.parts import parts
from secateur.network.fitted import fitted
from secateur.network.flattened import flattened
from secateur.network.inputs import Given

# Metrics and the compacted inputs use these keys beside the names of layers.
RESERVED_NAMES = ("kernels", "model", "inputs")
LONGEST_NAME = 60


def safe_names(names: Sequence[str]) -> dict[str, str]:
    """Map each layer's name to one that fits into files and metrics; no two get the same.

    A name keeps its letters, digits, `_`, `.` and `-`; anything else becomes a dot. Keras's own
    applications have names such as `conv1/bn`.
    """
    fits = [name for name in names if _fits(name)]
    taken, found = set(fits), {}
    for name in names:
        new = name if _fits(name) else _free(name, taken)
        taken.add(new)
        found[name] = new
    return found


def _fits(name: str) -> bool:
    plain = re.fullmatch(rf"[\w.-]{{1,{LONGEST_NAME}}}", name)
    return bool(plain) and name not in RESERVED_NAMES


def _free(name: str, taken: set[str]) -> str:
    stem = re.sub(r"[^\w.-]", ".", name)[: LONGEST_NAME - 5] or "layer"
    candidates = [stem, *(f"{stem}_{number}" for number in range(2, len(taken) + 3))]
    return next(new for new in candidates if new not in (*taken, *RESERVED_NAMES))


def adapted(model: keras.Model, inputs: Given | None = None) -> tuple[keras.Model, dict[str, str]]:
    """Return an equal model, and the user's names of its layers by theirs, where they differ.

    Models nested in it are `flattened`, and its inputs `fitted` to what a row gives. Layers have
    `safe_names`. A Normalization holds its statistics as options and not as weights, which a copy
    would lose: Keras computes with them from when they are loaded. Mixed precision becomes float32.
    """
    given, (model, paths) = model, flattened(model)
    model = fitted(model, inputs) if inputs else model
    new_names = {
        old: new
        for old, new in safe_names([layer.name for layer in _layers(model)]).items()
        if old != new
    }
    adapted_layers = list(_with_statistics(model))
    config = model.get_config()
    changed = model is not given or new_names or adapted_layers
    if not changed and canonical(config) == config:
        return model, {}
    gone = set()
    for layer in adapted_layers:
        gone |= {id(weight) for weight in layer.weights}
        _keep_statistics(layer)
    known = {type(layer).__name__: type(layer) for layer in parts(model)}
    config = _rename(canonical(model.get_config()), new_names)
    twin = type(model).from_config(config, custom_objects=known)
    twin.set_weights([weight.numpy() for weight in model.weights if id(weight) not in gone])
    users = {name: name for name in new_names} | paths
    return twin, {new_names.get(name, name): path for name, path in users.items()}


def _rename(config: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Rename the layers in the config of a Sequential or Functional model."""
    for layer in config["layers"]:
        layer["config"]["name"] = names.get(layer["config"]["name"], layer["config"]["name"])
        if "inbound_nodes" in layer:  # of a Functional model
            layer["name"] = layer["config"]["name"]
            layer["inbound_nodes"] = renamed(layer["inbound_nodes"], names)
    for ends in ("input_layers", "output_layers"):
        if ends in config:
            config[ends] = renamed(config[ends], names)
    return config


def _layers(model: keras.Model) -> list[keras.layers.Layer]:
    inputs = keras.layers.InputLayer
    return [layer for layer in model.layers if not isinstance(layer, inputs)]


def _with_statistics(model: keras.Model) -> Iterator[Any]:
    """Yield the layers, at any depth, whose statistics are weights that were adapted."""
    for layer in parts(model):
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            yield layer


def _keep_statistics(layer: Any) -> None:
    """Make a Normalization's weights its options."""
    layer.input_mean, layer.input_variance = (
        weight.numpy() for weight in (layer.adapt_mean, layer.adapt_variance)
    )
