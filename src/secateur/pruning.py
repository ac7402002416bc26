"""Pruning with tfmot: wrapping, following and stripping a model."""

import math
from collections.abc import Iterable

import numpy as np

from secateur.backend import keras, lean, tf
from secateur.recipes import Recipe
from secateur.scopes import Layer

with lean():
    import tensorflow_model_optimization.sparsity.keras as tfmot
    from tensorflow_model_optimization.python.core.sparsity.keras.prune_registry import (
        PruneRegistry,
    )

SCHEDULES = {
    "ConstantSparsity": tfmot.ConstantSparsity,
    "PolynomialDecay": tfmot.PolynomialDecay,
}


def schedule(recipe: Recipe) -> tfmot.PruningSchedule | None:
    """Tfmot's schedule of a recipe; None if the recipe does not prune."""
    if recipe.schedule is None:
        return None
    words = recipe.schedule.model_dump()
    return SCHEDULES[words.pop("type")](**words)


def wrap(
    model: keras.Model, recipe: Recipe, shared: tfmot.PruningSchedule | None = None
) -> keras.Model:
    """A model that prunes itself while it trains; it shares its layers with `model`.

    It follows the recipe's `schedule`, or `shared` in its place.

    Raises:
        InputError: as `Recipe.chosen` does.
    """
    chosen = recipe.chosen(layers(model))
    followed = shared or schedule(recipe)
    if followed is None:
        return model

    def wrap_layer(layer: keras.layers.Layer) -> keras.layers.Layer:
        if layer.name not in chosen:
            return layer
        return tfmot.prune_low_magnitude(
            layer,
            pruning_schedule=followed,
            block_size=tuple(recipe.block_size),
            block_pooling_type=recipe.block_pooling_type,
        )

    # Without AutoGraph, as in `compile_epoch`: translating tfmot's sources takes half a second.
    clone = tf.autograph.experimental.do_not_convert(keras.models.clone_model)
    return clone(model, clone_function=wrap_layer)


def targets(model: keras.Model, recipe: Recipe | None) -> dict[str, float]:
    """The sparsity that each kernel is to reach; 0 where nothing prunes it.

    Raises:
        InputError: as `wrap` does.
    """
    return recipe.targets(layers(model)) if recipe else dict.fromkeys(kernels(model), 0.0)


def layers(model: keras.Model) -> dict[str, Layer]:
    """What recipes have to know of each layer with weights, by the layer's own name."""
    found = {}
    for outer in model.layers:
        layer = unwrapped(outer)
        kind = type(layer).__name__
        if hasattr(layer, "kernel") and PruneRegistry.supports(layer):
            places = math.prod(side or 1 for side in outer.output_shape[1:-1])
            found[layer.name] = Layer(kind, tuple(layer.kernel.shape), positions=places)
        elif any(len(weight.shape) > 1 for weight in layer.trainable_weights):
            known = PruneRegistry.supports(layer)
            trouble = "it has not just one kernel" if known else "tfmot does not know such a layer"
            found[layer.name] = Layer(kind, None, trouble)
        elif layer.weights:
            found[layer.name] = Layer(kind)
    return found


def strip(model: keras.Model) -> keras.Model:
    """The model without pruning wrappers, uncompiled; a model that has none comes back equal."""
    return tfmot.strip_pruning(model)


def callbacks() -> list[keras.callbacks.Callback]:
    """What Keras has to call while a model trains, wrapped or not."""
    return [PruningStep(), PruningLog()]


class PruningStep(tfmot.UpdatePruningStep):
    """Sets the pruning step when training begins, without masking again at each epoch's end.

    tfmot masks the weights there, eagerly; a compiled epoch ends with its validation, which has.
    """

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Leave the weights as they are."""


class PruningLog(keras.callbacks.Callback):
    """Adds to each epoch's logs the sparsity of all kernels, and what tfmot's summaries show."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Write `sparsity`, and each pruned layer's `…/sparsity` and `…/threshold`."""
        zeros = []  # a pruned kernel's are those of its mask
        for layer in self.model.layers:
            pruned = getattr(layer, "pruning_vars", ())
            for _, mask, threshold in pruned:
                zeros.append(mask.numpy())
                logs[f"{layer.layer.name}/sparsity"] = _zeros(zeros[-1:])
                logs[f"{layer.layer.name}/threshold"] = float(threshold.numpy())
            if not pruned and hasattr(layer, "kernel"):
                zeros.append(layer.kernel.numpy())
        logs["sparsity"] = _zeros(zeros)


class FinalSparsity(keras.callbacks.Callback):
    """Sets a PolynomialDecay's `final_sparsity` anew when each training begins.

    So that trainings which differ in nothing else share one compiled program.
    """

    def __init__(self, decay: tfmot.PolynomialDecay, sparsities: Iterable[float]) -> None:
        super().__init__()
        self.sparsities = iter(sparsities)
        self.variable = decay.final_sparsity = tf.Variable(0.0, trainable=False)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Take the next sparsity."""
        self.variable.assign(next(self.sparsities))


class RandomMasks(keras.callbacks.Callback):
    """Sets each layer's mask, when a training begins, to a sparsity, at random places.

    The control that says whether it matters which weights go. `runs` are the trainings, in their
    order, as sparsity and seed; as many weights stay as tfmot would keep.
    """

    def __init__(self, runs: Iterable[tuple[float, int]]) -> None:
        super().__init__()
        self.runs = iter(runs)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Draw the next training's masks."""
        sparsity, seed = next(self.runs)
        random = np.random.default_rng(seed)
        for layer in self.model.layers:
            for _, mask, _ in getattr(layer, "pruning_vars", ()):
                size = int(np.prod(mask.shape))
                kept = np.arange(size) < round(size * (1 - sparsity))
                mask.assign(random.permutation(kept).reshape(mask.shape).astype(np.float32))


def unwrapped(layer: keras.layers.Layer) -> keras.layers.Layer:
    """The layer inside a pruning wrapper; any other comes back as it is."""
    return layer.layer if hasattr(layer, "pruning_vars") else layer


def kernels(model: keras.Model) -> dict[str, np.ndarray]:
    """Each layer's kernel by the layer's own name, with or without a wrapper around it."""
    inner = {layer.name: layer for layer in map(unwrapped, model.layers)}
    return {
        name: inner[name].kernel.numpy() for name, known in layers(model).items() if known.kernel
    }


def sparsity(model: keras.Model) -> dict[str, float]:
    """The fraction of zeros in each kernel, in all `kernels`, and in the whole `model`.

    Only kernels are pruned, so that the whole model, biases included, is less sparse.
    """
    by_layer = kernels(model)
    inner = map(unwrapped, model.layers)
    return {
        **{name: _zeros([kernel]) for name, kernel in by_layer.items()},
        "kernels": _zeros(by_layer.values()),
        "model": _zeros(weight for layer in inner for weight in layer.get_weights()),
    }


def _zeros(arrays: Iterable[np.ndarray]) -> float:
    """The fraction of zeros in all arrays together."""
    counts = [(array.size - np.count_nonzero(array), array.size) for array in arrays]
    zeros, size = map(sum, zip(*counts, strict=True))
    return zeros / size
