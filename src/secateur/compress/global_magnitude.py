"""One threshold for the magnitudes of all weights that are pruned together."""

from collections.abc import Sequence
from typing import Any

from secateur.keras_io.backend import fast_import, tf

with fast_import():
    from tensorflow_model_optimization.python.core.sparsity.keras import pruning_impl


def share_threshold(wrappers: Sequence[Any]) -> None:
    """Make built pruning wrappers prune their weights together, to the sparsity of their schedule.

    They must have the same schedule. It is "global magnitude pruning" (Han et al. 2015; Blalock et
    al. 2020), anew at each mask update, so it may start from untrained weights. A layer keeps its
    largest weight even if that is below the threshold: without any, nothing would pass the network.
    """
    weights = [weight for wrapper in wrappers for weight, *_ in wrapper.pruning_vars]
    for wrapper in wrappers:
        wrapper.pruning_obj = _Pruning(
            weights,
            training_step_fn=lambda wrapper=wrapper: wrapper.pruning_step,
            pruning_vars=wrapper.pruning_vars,
            pruning_schedule=wrapper.pruning_schedule,
            block_size=wrapper.block_size,
            block_pooling_type=wrapper.block_pooling_type,
        )


class _Pruning(pruning_impl.Pruning):  # type: ignore[misc]
    """tfmot's pruning of one layer, by a threshold of several layers' weights.

    Layers update their masks one after the other, in the same step. What one has masked by then
    lies below the threshold, which so stays the same for the next.
    """

    def __init__(self, every: Sequence[tf.Variable], **options: Any) -> None:
        super().__init__(**options)
        self._every = every

    def _update_mask(self, weights: tf.Variable) -> tuple[tf.Tensor, tf.Tensor]:
        """Return the threshold and the layer's new mask; see tfmot."""
        sparsity = self._pruning_schedule(self._step_fn())[1]
        magnitudes = tf.concat([tf.reshape(tf.abs(w), [-1]) for w in self._every], axis=0)
        # As many as tfmot would keep of one kernel of this size.
        kept = tf.maximum(tf.round(magnitudes.shape[0] * (1 - sparsity)), 1)
        ranked = tf.sort(magnitudes, direction="DESCENDING")
        threshold = tf.gather(ranked, tf.cast(kept, tf.int32) - 1)
        own = tf.abs(weights)
        mask = own >= tf.minimum(threshold, tf.reduce_max(own))
        return threshold, tf.cast(mask, weights.dtype)
