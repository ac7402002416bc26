"""Which layers of a model tfmot can prune, and how many weights are zero."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from secateur.compress.applied import times
from secateur.keras_io.backend import keras
from secateur.keras_io.pruning_wrapper import prunable, tfmot_knows
from secateur.recipes.recipe import Recipe
from secateur.recipes.scopes import Layer


def layers(model: keras.Model) -> dict[str, Layer]:
    """Describe each layer with weights, by its own name, as recipes need it."""
    found, applied = {}, times(model)
    for outer in model.layers:
        layer = unwrapped(outer)
        kind = type(layer).__name__
        positions = _positions(layer, applied.get(outer.name, []))
        pruned = prunable(layer)
        rest = [weight for weight in multiplied(layer) if not _among(pruned, weight)]
        if pruned:
            shapes = tuple(tuple(weight.shape) for weight in pruned)
            trouble = f"tfmot prunes no {_names(rest)}" if rest else ""
            found[layer.name] = Layer(kind, shapes[0], trouble, positions, more=shapes[1:])
        elif rest:
            found[layer.name] = Layer(kind, None, _why_whole(layer), positions)
        elif layer.weights:
            found[layer.name] = Layer(kind, positions=positions)
    return found


def _why_whole(layer: keras.layers.Layer) -> str:
    """Return why tfmot prunes no weight of a layer."""
    if isinstance(layer, keras.layers.MultiHeadAttention):
        return "tfmot's wrapper passes on one input, and it takes several"
    known = tfmot_knows(layer)
    return "tfmot prunes none of its weights" if known else "tfmot does not know such a layer"


def _names(weights: Iterable[Any]) -> str:
    """Name weights as Keras does, such as depthwise_kernel."""
    return ", ".join(weight.name.rpartition("/")[2].removesuffix(":0") for weight in weights)


def _among(weights: Iterable[Any], one: Any) -> bool:
    return any(weight is one for weight in weights)


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
    """Return each layer's kernel by the layer's own name, wrapped or not.

    Several that tfmot prunes in one layer come as one vector.
    """
    found = {}
    for layer in map(unwrapped, model.layers):
        arrays = [weight.numpy() for weight in prunable(layer)]
        if arrays:
            several = len(arrays) > 1
            found[layer.name] = np.concatenate([*map(np.ravel, arrays)]) if several else arrays[0]
    return found


def matrices(layer: keras.layers.Layer) -> list[np.ndarray]:
    """Return a layer's kernels; of one that tfmot cannot prune, all weights of several axes."""
    return [weight.numpy() for weight in multiplied(unwrapped(layer))]


def multiplied(layer: keras.layers.Layer) -> list[Any]:
    """Return what tfmot prunes of a layer, then other weights of several axes that are no bias."""
    found = prunable(layer)
    for weight in layer.weights:
        kind = weight.name.rpartition("/")[2]
        learned = _among(layer.trainable_weights, weight) and "bias" not in kind
        if len(weight.shape) > 1 and ("kernel" in kind or learned) and not _among(found, weight):
            found.append(weight)
    return found


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
