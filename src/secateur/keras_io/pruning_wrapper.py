"""What tfmot prunes of a layer, and its wrapper with the masks of steps and the layer's penalty."""

import functools
import inspect
from typing import Any

from secateur.keras_io.backend import fast_import, keras

with fast_import():
    from tensorflow_model_optimization.python.core.sparsity.keras import pruning_wrapper
    from tensorflow_model_optimization.python.core.sparsity.keras.prune_registry import (
        PruneRegistry,
    )

L = keras.layers
OUTER = (L.Bidirectional, L.TimeDistributed)


def prunable(layer: Any) -> list[Any]:
    """Return the weights of a built layer that tfmot prunes: kernels, and tables of an Embedding.

    Of a Bidirectional or TimeDistributed those of what is inside, which tfmot does not know; of a
    layer of the user's own what its `get_prunable_weights` returns, which is tfmot's way to tell. A
    MultiHeadAttention has none: the wrapper passes on one input.
    """
    if isinstance(layer, OUTER):
        return [weight for inner in _inside(layer) for weight in prunable(inner)]
    if isinstance(layer, L.MultiHeadAttention) or not tfmot_knows(layer):
        return []
    if not hasattr(layer, "get_prunable_weights"):
        PruneRegistry.make_prunable(layer)
    return list(layer.get_prunable_weights())


def _inside(layer: Any) -> list[Any]:
    if isinstance(layer, L.Bidirectional):
        return [layer.forward_layer, layer.backward_layer]
    return layer.layer.layers if isinstance(layer.layer, keras.Model) else [layer.layer]


def tfmot_knows(layer: Any) -> bool:
    """Whether tfmot can wrap the layer, even if it would prune nothing of it."""
    return hasattr(layer, "get_prunable_weights") or PruneRegistry.supports(layer)


class PruneLowMagnitude(pruning_wrapper.PruneLowMagnitude):  # type: ignore[misc]
    """Behind a Masking or an Embedding layer, tfmot's own passes a mask to layers without one."""

    __module__ = pruning_wrapper.__name__  # saved files name tfmot's own

    def __init__(self, layer: Any, **options: Any) -> None:
        if isinstance(layer, OUTER):
            layer.get_prunable_weights = functools.partial(prunable, layer)
        super().__init__(layer, **options)
        self.supports_masking = layer.supports_masking
        # tfmot's wrapper runs the layer without its activity regularizer. The layer's own penalty
        # is of the call that built the network, and no training step can read it.
        self._activity_regularizer = getattr(layer, "activity_regularizer", None)
        layer._losses.clear()

    def add_weight(self, name: str, **options: Any) -> Any:
        """Number the masks: tfmot names all of a layer alike, and no `.h5` file can hold that."""
        names = [weight.name.rpartition("/")[2] for weight in self._non_trainable_weights]
        count = sum(other.startswith(name) for other in names)
        return super().add_weight(f"{name}_{count}" if count else name, **options)

    def call(self, inputs: Any, training: Any = None, **options: Any) -> Any:
        """Call the layer with its masks set; see tfmot."""
        if "mask" not in inspect.getfullargspec(self.layer.call).args:
            options.pop("mask", None)
        return super().call(inputs, training=training, **options)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask that the layer inside passes on."""
        return self.layer.compute_mask(inputs, mask)


def scope() -> Any:
    """Return a context in which Keras reads a wrapped model with this wrapper."""
    return keras.utils.custom_object_scope({"PruneLowMagnitude": PruneLowMagnitude})
