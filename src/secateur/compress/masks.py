"""Keras callbacks that set tfmot's masks, or follow them, while a wrapped model trains."""

from collections.abc import Iterable, Iterator

import numpy as np

from secateur.compress.sparsity import fraction_of_zeros
from secateur.keras_io.backend import fast_import, keras, tf

with fast_import():
    import tensorflow_model_optimization.sparsity.keras as tfmot


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
                logs[f"{layer.layer.name}/sparsity"] = fraction_of_zeros(zeros[-1:])
                logs[f"{layer.layer.name}/threshold"] = float(threshold.numpy())
            if not pruned and hasattr(layer, "kernel"):
                zeros.append(layer.kernel.numpy())
        logs["sparsity"] = fraction_of_zeros(zeros)


class PreservedZeros(keras.callbacks.Callback):
    """Masks, when a training begins, every weight that is zero where it starts."""

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Take the masks from the weights."""
        for weight, mask in _masked(self.model):
            mask.assign((weight.numpy() != 0).astype(np.float32))


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
        for _, mask in _masked(self.model):
            size = int(np.prod(mask.shape))
            kept = np.arange(size) < round(size * (1 - sparsity))
            mask.assign(random.permutation(kept).reshape(mask.shape).astype(np.float32))


def _masked(model: keras.Model) -> Iterator[tuple[tf.Variable, tf.Variable]]:
    """Each weight that a wrapper masks, with its mask."""
    for layer in model.layers:
        for weight, mask, _ in getattr(layer, "pruning_vars", ()):
            yield weight, mask
