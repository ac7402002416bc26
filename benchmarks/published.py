"""Repeat the published notebook for one seed: stock `fit`, four trainings, stripping, sizes."""

import os
import tempfile
import zipfile
from pathlib import Path

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow_model_optimization as tfmot
import tf_keras as keras
from sklearn.datasets import make_friedman1
from sklearn.model_selection import train_test_split

sparsity = tfmot.sparsity.keras


def fit(model, x, y, patience, callbacks=()):
    """Compile and train as the notebook does."""
    model.compile("adam", "mse", metrics=["mae", "mse"])
    stop = keras.callbacks.EarlyStopping("val_loss", patience=patience)
    model.fit(x, y, epochs=300, validation_split=0.2, verbose=0, callbacks=[stop, *callbacks])
    return model


def network(first=lambda layer: layer):
    """Return the 10-128-1 network."""
    hidden = keras.layers.Dense(128, "relu", input_shape=(10,))
    return keras.Sequential([first(hidden), keras.layers.Dense(1, "relu")])


def zipped(model, folder):
    """Return the bytes of the model's file in a deflated zip."""
    model.save(folder / "m.h5", include_optimizer=False)
    with zipfile.ZipFile(folder / "m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "m.h5")
    return (folder / "m.zip").stat().st_size


def main() -> None:
    """Train, evaluate and measure."""
    keras.utils.set_random_seed(1)
    folder = Path(tempfile.mkdtemp())
    x, y = make_friedman1(n_samples=10_000, n_features=10, random_state=0)
    x, x_test, y, y_test = train_test_split(x, y, test_size=0.33, random_state=42)
    pruning = [sparsity.UpdatePruningStep(), sparsity.PruningSummaries(str(folder / "logs"))]

    baseline = fit(network(), x, y, 30)
    constant = sparsity.ConstantSparsity(0.5, begin_step=0)
    whole = fit(sparsity.prune_low_magnitude(network(), constant), x, y, 10, pruning)
    decay = sparsity.PolynomialDecay(0.2, 0.8, 1000, 2000)
    blocks = {"block_size": (2, 3), "block_pooling_type": "MAX"}
    first = network(lambda layer: sparsity.prune_low_magnitude(layer, decay, **blocks))
    first = fit(first, x, y, 10, pruning)
    twin = network()
    twin.set_weights(baseline.get_weights())
    tuned = fit(sparsity.prune_low_magnitude(twin), x, y, 10, pruning)
    stripped = sparsity.strip_pruning(tuned)
    stripped.compile("adam", "mse")
    for model in (baseline, whole, first, tuned, stripped):
        model.evaluate(x_test, y_test, verbose=0)
    zipped(tuned, folder), zipped(stripped, folder)


if __name__ == "__main__":
    main()
