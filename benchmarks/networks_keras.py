"""Time real networks with Keras: `networks_keras.py HOW NETWORK ROWS EPOCHS`.

HOW is `ours` (a seed as the stages train it), `pruned` (the same with tfmot's wrappers on every
layer that it prunes) or `fit` (stock Keras). It prints the seconds an epoch, without the first,
and the peak memory in MiB.
"""

import resource
import sys
import time

import numpy as np

HOW, NETWORK, ROWS, EPOCHS = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
if HOW == "fit":
    import tf_keras as keras
else:
    from secateur.keras_io.backend import keras

L = keras.layers


def convolution(x, layer, **options):
    """Convolve, normalize and rectify, as MobileNet and DS-CNN do."""
    x = layer(padding="same", use_bias=False, **options)(x)
    return L.ReLU()(L.BatchNormalization()(x))


def resnet8():
    """MLPerf Tiny's ResNet-8 of CIFAR-10."""
    sys.path.insert(0, "examples/resnet8/network")
    from resnet8 import build_model

    return build_model((32, 32, 3), 10)


def mobilenet():
    """MLPerf Tiny's MobileNetV1 0.25 of the visual wake words."""
    x = inputs = L.Input((96, 96, 3))
    x = convolution(x, L.Conv2D, filters=8, kernel_size=3, strides=2)
    wide = (16, 32, 32, 64, 64, *[128] * 6, 256, 256)
    for number, filters in enumerate(wide):
        strides = 2 if number in (1, 3, 5, 11) else 1
        x = convolution(x, L.DepthwiseConv2D, kernel_size=3, strides=strides)
        x = convolution(x, L.Conv2D, filters=filters, kernel_size=1)
    return keras.Model(inputs, L.Dense(2, "softmax")(L.GlobalAveragePooling2D()(x)))


def ds_cnn():
    """MLPerf Tiny's DS-CNN of spoken words."""
    x = inputs = L.Input((49, 10, 1))
    x = convolution(x, L.Conv2D, filters=64, kernel_size=(10, 4), strides=2)
    x = L.Dropout(0.2)(x)
    for _ in range(4):
        x = convolution(x, L.DepthwiseConv2D, kernel_size=3)
        x = convolution(x, L.Conv2D, filters=64, kernel_size=1)
    x = L.GlobalAveragePooling2D()(L.Dropout(0.4)(x))
    return keras.Model(inputs, L.Dense(12, "softmax")(x))


def autoencoder():
    """MLPerf Tiny's autoencoder of machines' sounds."""
    x = inputs = L.Input(640)
    for units in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x = L.ReLU()(L.BatchNormalization()(L.Dense(units)(x)))
    return keras.Model(inputs, L.Dense(640)(x))


class Clock(keras.callbacks.Callback):
    """Record when each epoch begins."""

    def on_train_begin(self, logs=None):
        """Begin anew."""
        self.times = []

    def on_epoch_begin(self, epoch, logs=None):
        """Note the time."""
        self.times.append(time.perf_counter())


def main():
    """Train, and print the figures."""
    keras.utils.set_random_seed(0)
    model = globals()[NETWORK]()
    draws = np.random.default_rng(0)
    x = draws.normal(size=(ROWS, *model.input_shape[1:])).astype(np.float32)
    classes = model.output_shape[1]
    y = x if NETWORK == "autoencoder" else draws.integers(0, classes, (ROWS, 1)).astype(np.float32)
    some = slice(0, ROWS // 10)  # to validate on
    loss = "mse" if NETWORK == "autoencoder" else "sparse_categorical_crossentropy"
    clock = Clock()
    if HOW == "fit":
        model.compile("adam", loss)
        model.fit(
            x, y, batch_size=32, epochs=EPOCHS, validation_data=(x[some], y[some]), verbose=0,
            callbacks=[clock],
        )  # fmt: skip
    else:
        ours(model, x, y, some, clock)
    per_epoch = (clock.times[-1] - clock.times[1]) / (len(clock.times) - 2)
    print(per_epoch, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def ours(model, x, y, some, clock):
    """Train as a stage does."""
    from secateur.arrays.rows import Rows
    from secateur.compress import pruning
    from secateur.core.tasks import TASKS
    from secateur.recipes.recipe import Recipe
    from secateur.recipes.training import Training
    from secateur.train.training import train_seeds

    schedule = {"type": "ConstantSparsity", "target_sparsity": 0.5, "begin_step": 0}
    recipe = Recipe.model_validate(
        {
            "start": "initial",
            "epochs": EPOCHS,
            "patience": None,
            "scope": "whole",
            "schedule": schedule,
        }
    )
    pruned = HOW == "pruned"
    task = TASKS["regression" if NETWORK == "autoencoder" else "multiclass"]
    settings = Training.model_validate(
        {"optimizer": "Adam", "learning_rate": 1e-3, "batch_size": 32}
    )
    for _ in train_seeds(
        task, NETWORK, [(0, model)], Rows(x, y), Rows(x[some], y[some]), settings, epochs=EPOCHS,
        patience=None, wrap=lambda m: pruning.wrap(m, recipe) if pruned else m,
        callbacks=[clock, *(pruning.callbacks(recipe) if pruned else ())], verbose=False,
    ):  # fmt: skip
        pass


if __name__ == "__main__":
    main()
