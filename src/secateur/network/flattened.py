"""A network whose nested models are replaced by their layers, each called where the model was.

tfmot cannot prune what is inside of a nested model, and no recipe could name it.
"""

import functools
import inspect
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tf_keras.src.engine.functional import Functional

from secateur.keras_io.backend import keras, tf
from secateur.network.wiring import calls

Training = bool | Callable[[keras.layers.Layer], bool] | None
OF_LAYERS = (Functional.call, keras.Sequential.call)


def flattened(model: keras.Model) -> tuple[keras.Model, dict[str, str]]:
    """Return a network with the same calls of the same layers, without nested models.

    Also returns the path of each layer that was nested, such as `encoder/dense`, by its name. A
    layer keeps its name if no other one has it; else its path becomes its name. A model without
    nested ones is returned as it is. Left out is what the output does not depend on.
    """
    if not any(map(_is_nested, model.layers)):
        return model, {}
    paths = _paths(model)
    _freeze(model)
    _name_apart(paths)
    paths = [(layer, path) for layer, path in paths if "/" in path]
    if chain := _chain(model):
        (given,) = model.inputs
        inputs = keras.layers.Input(given.shape[1:], name=given.node.layer.name, dtype=given.dtype)
        flat = keras.Sequential([inputs, *chain], name=model.name)
    else:
        outputs = called(model, model.inputs)
        flat = keras.Model(_one_or_all(model.inputs), _one_or_all(outputs), name=model.name)
    present = {layer.name for layer in flat.layers}
    return flat, {layer.name: path for layer, path in paths if layer.name in present}


def called(
    model: keras.Model,
    inputs: Sequence[Any],
    training: Training = None,
    before: Callable[[keras.layers.Layer, Sequence[Any]], None] | None = None,
) -> list[Any]:
    """Call the layers of a model, and those of models nested in it, on tensors.

    `training` is what the model is called with; a function says it of each layer. `before` gets
    each layer and its inputs before its call. Returns the model's outputs.
    """
    now = dict(zip(map(id, model.inputs), inputs, strict=True))  # in place of the model's tensors
    for node in calls(model):
        replaced = functools.partial(_replaced, now)
        arguments = tf.nest.map_structure(replaced, node.call_args)
        options = tf.nest.map_structure(replaced, node.call_kwargs)
        if before:
            before(node.layer, tf.nest.flatten(arguments))
        made = _call(node.layer, arguments, dict(options), training)
        flat = zip(tf.nest.flatten(node.outputs), tf.nest.flatten(made), strict=True)
        now |= {id(before): after for before, after in flat}
    return [now[id(output)] for output in model.outputs]


def _replaced(now: dict[int, Any], value: Any) -> Any:
    return now.get(id(value), value)


def _call(
    layer: keras.layers.Layer, arguments: Any, options: dict[str, Any], training: Training
) -> Any:
    """Call a layer as Keras would inside of a model that is called with `training`."""
    own = training(layer) if callable(training) else training
    if own is not None and options.get("training") is None and _knows_training(layer):
        options["training"] = own
    if not _is_nested(layer):
        return layer(*arguments, **options)
    given = inspect.signature(layer.call).bind(*arguments, **options).arguments
    inputs = layer._flatten_to_reference_inputs(given["inputs"])
    return called(layer, inputs, given.get("training"))


def _knows_training(layer: keras.layers.Layer) -> bool:
    return "training" in inspect.signature(layer.call).parameters


def _is_nested(layer: keras.layers.Layer) -> bool:
    """Whether a layer is a model of layers; of a subclassed one nobody knows the calls."""
    graph = isinstance(layer, keras.Model) and layer._is_graph_network
    return graph and type(layer).call in OF_LAYERS


def _paths(model: keras.Model, prefix: str = "") -> list[tuple[keras.layers.Layer, str]]:
    """Return the layers at any depth but inputs, each once, with the names that lead to it."""
    found = []
    for layer in model.layers:
        path = prefix + layer.name
        if _is_nested(layer):
            found += _paths(layer, f"{path}/")
        elif not isinstance(layer, keras.layers.InputLayer):
            found.append((layer, path))
    # Of a shared layer the shortest, which is its name where it is called outside too.
    shortest: dict[int, tuple[keras.layers.Layer, str]] = {}
    for layer, path in sorted(found, key=lambda pair: pair[1].count("/")):
        shortest.setdefault(id(layer), (layer, path))
    return list(shortest.values())


def _name_apart(paths: list[tuple[keras.layers.Layer, str]]) -> None:
    """Give layers of one name their paths as names."""
    counts = Counter(layer.name for layer, _ in paths)
    taken = {name for name, count in counts.items() if count == 1}
    for layer, path in paths:
        if counts[layer.name] > 1:
            while path in taken:
                path += "_"
            layer._name = path
            taken.add(path)


def _freeze(model: keras.Model) -> None:
    """Freeze the layers of nested models that are frozen: Keras asks the model before them."""
    for layer in filter(_is_nested, model.layers):
        if not layer.trainable:
            layer.trainable = False  # sets it in each layer inside
        _freeze(layer)


def _chain(model: keras.Model) -> list[keras.layers.Layer] | None:
    """Return the layers of a Sequential model, and of others inside, in order.

    None if the model or one inside is not Sequential, or if a layer comes twice.
    """
    if not isinstance(model, keras.Sequential):
        return None
    found: list[keras.layers.Layer] = []
    for layer in model.layers:
        inner = _chain(layer) if _is_nested(layer) else [layer]
        if inner is None:
            return None
        found += inner
    return found if len({id(layer) for layer in found}) == len(found) else None


def _one_or_all(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors
