"""Keras callbacks that set or log tfmot's masks while a wrapped model trains."""

from collections.abc import Iterable, Iterator

import numpy as np

from secateur.compress.sparsity import fraction_of_zeros, matrices
from secateur.keras_io.backend import fast_import, keras, tf

with fast_import():
    import tensorflow_model_optimization.sparsity.keras as tfmot


class PruningStep(tfmot.UpdatePruningStep):
    """Set the pruning step when training begins; do not mask again at each epoch's end.

    tfmot masks the weights there with eager operations. A compiled epoch does not need it: the
    validation at its end has already masked them.
    """

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Do nothing."""


class PruningLog(keras.callbacks.Callback):
    """Add the sparsity of all kernels and tfmot's own summaries to each epoch's logs."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Write `sparsity`, and each pruned layer's `…/sparsity` and largest `…/threshold`."""
        arrays = []  # weights, not masks: of a weight that is not finite, a mask makes no zero
        for layer in self.model.layers:
            pruned = getattr(layer, "pruning_vars", ())
            if pruned:
                own = [weight.numpy() for weight, *_ in pruned]
                logs[f"{layer.layer.name}/sparsity"] = fraction_of_zeros(own)
                largest = max(float(threshold.numpy()) for *_, threshold in pruned)
                logs[f"{layer.layer.name}/threshold"] = largest
            arrays += matrices(layer)
        logs["sparsity"] = fraction_of_zeros(arrays)


class PreservedZeros(keras.callbacks.Callback):
    """Mask every weight that is zero when a training begins."""

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Set the masks from the weights."""
        for weight, mask in _masked(self.model):
            mask.assign((weight.numpy() != 0).astype(np.float32))


class FinalSparsity(keras.callbacks.Callback):
    """Set a PolynomialDecay's `final_sparsity` when each training begins.

    Trainings that differ in nothing else can then share one compiled program.
    """

    def __init__(self, decay: tfmot.PolynomialDecay, sparsities: Iterable[float]) -> None:
        super().__init__()
        self.sparsities = iter(sparsities)
        self.variable = decay.final_sparsity = tf.Variable(0.0, trainable=False)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Set the next sparsity."""
        self.variable.assign(next(self.sparsities))


class RandomMasks(keras.callbacks.Callback):
    """Set each layer's mask at random to a given sparsity when a training begins.

    This control shows whether it matters which weights pruning removes. `trainings` are pairs of
    sparsity and seed, in order. Each mask keeps as many weights as tfmot would.
    """

    def __init__(self, trainings: Iterable[tuple[float, int]]) -> None:
        super().__init__()
        self.trainings = iter(trainings)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Draw the next training's masks."""
        sparsity, seed = next(self.trainings)
        random = np.random.default_rng(seed)
        for _, mask in _masked(self.model):
            size = int(np.prod(mask.shape))
            kept = np.arange(size) < round(size * (1 - sparsity))
            mask.assign(random.permutation(kept).reshape(mask.shape).astype(np.float32))


def _masked(model: keras.Model) -> Iterator[tuple[tf.Variable, tf.Variable]]:
    """Yield each weight that a wrapper masks, with its mask."""
    for layer in model.layers:
        for weight, mask, _ in getattr(layer, "pruning_vars", ()):
            yield weight, mask
