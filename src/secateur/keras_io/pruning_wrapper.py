"""tfmot's pruning wrapper, with the masks of steps and the penalty of the layer inside it."""

import inspect
from typing import Any

from secateur.keras_io.backend import fast_import, keras

with fast_import():
    from tensorflow_model_optimization.python.core.sparsity.keras import pruning_wrapper


class PruneLowMagnitude(pruning_wrapper.PruneLowMagnitude):  # type: ignore[misc]
    """Behind a Masking or an Embedding layer, tfmot's own passes a mask to layers without one."""

    __module__ = pruning_wrapper.__name__  # saved files name tfmot's own

    def __init__(self, layer: Any, **options: Any) -> None:
        super().__init__(layer, **options)
        self.supports_masking = layer.supports_masking
        # tfmot's wrapper runs the layer without its activity regularizer. The layer's own penalty
        # is of the call that built the network, and no training step can read it.
        self._activity_regularizer = getattr(layer, "activity_regularizer", None)
        layer._losses.clear()

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
