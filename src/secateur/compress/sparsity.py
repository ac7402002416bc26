"""Which layers of a model tfmot can prune, and how many weights are zero."""

import math
from collections.abc import Iterable

import numpy as np

from secateur.compress.applied import times
from secateur.keras_io.backend import fast_import, keras
from secateur.recipes.recipe import Recipe
from secateur.recipes.scopes import Layer

with fast_import():
    from tensorflow_model_optimization.python.core.sparsity.keras.prune_registry import (
        PruneRegistry,
    )


def layers(model: keras.Model) -> dict[str, Layer]:
    """Describe each layer with weights, by its own name, as recipes need it."""
    found, applied = {}, times(model)
    for outer in model.layers:
        layer = unwrapped(outer)
        kind = type(layer).__name__
        positions = _positions(layer, applied.get(outer.name, []))
        if hasattr(layer, "kernel") and PruneRegistry.supports(layer):
            found[layer.name] = Layer(kind, tuple(layer.kernel.shape), positions=positions)
        elif any(len(weight.shape) > 1 for weight in layer.trainable_weights):
            known = PruneRegistry.supports(layer)
            trouble = "it has not just one kernel" if known else "tfmot does not know such a layer"
            found[layer.name] = Layer(kind, None, trouble, positions)
        elif layer.weights:
            found[layer.name] = Layer(kind, positions=positions)
    return found


def _positions(layer: keras.layers.Layer, applied: list[int]) -> int | list[int]:
    """Return how often a layer's kernels are applied to one row; a list where they differ.

    One number means it for each weight of two or more axes, and none for a vector.
    """
    weights = (*layer.trainable_weights, *layer.non_trainable_weights)
    counted = list(zip(weights, applied, strict=False))  # a pruning wrapper's own come last
    kernels = {times for weight, times in counted if len(weight.shape) > 1}
    vectors = {times for weight, times in counted if len(weight.shape) < 2}
    if len(kernels) == 1 and vectors <= {0}:
        return kernels.pop()
    return [times for _, times in counted] if kernels else 1


def targets(model: keras.Model, recipe: Recipe | None) -> dict[str, float]:
    """Return each kernel's target sparsity, and that of all `kernels`; 0 if nothing prunes it.

    Kernels that a threshold prunes together have no target of their own. Where that of another
    kernel is unknown, there is none for all. Those of layers that tfmot cannot prune stay whole.

    Raises:
        InputError: as `Recipe.targets` does.
    """
    sizes = {name: kernel.size for name, kernel in kernels(model).items()}
    known = layers(model)
    found = recipe.targets(known) if recipe else dict.fromkeys(sizes, 0.0)
    together = recipe.together(known) if recipe else {}
    share = {**found, **together}
    if share.keys() == sizes.keys():
        zeros = math.fsum(share[name] * size for name, size in sizes.items())
        every = sum(array.size for layer in model.layers for array in matrices(layer))
        found = {**found, "kernels": zeros / every}
    return found


def unwrapped(layer: keras.layers.Layer) -> keras.layers.Layer:
    """Return the layer inside a pruning wrapper; any other layer unchanged."""
    return layer.layer if hasattr(layer, "pruning_vars") else layer


def kernels(model: keras.Model) -> dict[str, np.ndarray]:
    """Return each layer's kernel by the layer's own name, wrapped or not."""
    inner = {layer.name: layer for layer in map(unwrapped, model.layers)}
    return {
        name: inner[name].kernel.numpy() for name, known in layers(model).items() if known.kernel
    }


def matrices(layer: keras.layers.Layer) -> list[np.ndarray]:
    """Return a layer's kernel; of one that tfmot cannot prune, all weights of two or more axes."""
    layer = unwrapped(layer)
    if hasattr(layer, "kernel"):
        return [layer.kernel.numpy()]
    return [weight.numpy() for weight in layer.trainable_weights if len(weight.shape) > 1]


def sparsity(model: keras.Model) -> dict[str, float]:
    """Return the fraction of zeros in each kernel, in all `kernels`, and in the whole `model`.

    All kernels include those that tfmot cannot prune: a small part that is sparse makes no sparse
    network. The whole model is less sparse, because it includes biases and only kernels are pruned.
    """
    by_layer = kernels(model)
    inner = map(unwrapped, model.layers)
    return {
        **{name: fraction_of_zeros([kernel]) for name, kernel in by_layer.items()},
        "kernels": fraction_of_zeros(array for layer in model.layers for array in matrices(layer)),
        "model": fraction_of_zeros(weight for layer in inner for weight in layer.get_weights()),
    }


def fraction_of_zeros(arrays: Iterable[np.ndarray]) -> float:
    """Return the fraction of zeros in all arrays together."""
    counts = [(array.size - np.count_nonzero(array), array.size) for array in arrays]
    zeros, size = map(sum, zip(*counts, strict=True))
    return zeros / size
