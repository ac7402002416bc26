"""Random networks of all layers whose channels the pipeline can follow, for Hypothesis."""

from typing import Any

import numpy as np

from secateur.keras_io.backend import keras

L = keras.layers
ACTIVATIONS = ["linear", "relu", "elu", "selu", "softplus", "sigmoid", "tanh", "swish"]


class Choices:
    """Random choices from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)

    def one(self, *options: Any) -> Any:
        """Return one of the options."""
        return options[self.random.integers(len(options))]

    def count(self) -> int:
        """Return a small number of channels."""
        return int(self.random.integers(2, 6))


def network(seed: int) -> keras.Model:
    """Return a random Functional network over pictures or steps, with random weights."""
    keras.utils.set_random_seed(seed)
    choose = Choices(seed)
    given = keras.Input((8, 8, 3)) if choose.one(True, False) else keras.Input((9, 4))
    x = given
    for _ in range(choose.random.integers(2, 6)):
        x = _pictures(choose, x) if len(x.shape) == 4 else _steps(choose, x)
    x = _to_row(choose, x)
    for _ in range(choose.random.integers(0, 3)):
        x = _dense(choose, x)
    model = keras.Model(given, L.Dense(2, activation=choose.one("linear", "softmax"))(x))
    randomize(model, choose.random)
    return model


def randomize(model: keras.Model, random: np.random.Generator) -> None:
    """Give each weight random values; variances are positive."""
    for layer in model.layers:
        layer.set_weights([
            random.uniform(0.5, 1.5, w.shape) if "variance" in own.name
            else random.normal(0, 0.5, w.shape)
            for own, w in zip(layer.weights, layer.get_weights(), strict=True)
        ])  # fmt: skip


def rows(model: keras.Model, seed: int = 0) -> np.ndarray:
    """Return a few random inputs."""
    shape = (4, *model.input_shape[1:])
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def _pictures(choose: Choices, x: Any) -> Any:
    size, channels = min(x.shape[1:3]), x.shape[-1]
    act, pad = choose.one(*ACTIVATIONS), choose.one("same", "valid") if size > 3 else "same"
    filters, bias = choose.count(), choose.one(True, False)
    kind = choose.random.integers(20)
    if kind == 0:
        return L.Conv2D(filters, choose.one(1, 3), padding=pad, activation=act, use_bias=bias)(x)
    if kind == 1:
        return L.DepthwiseConv2D(
            3, depth_multiplier=choose.one(1, 2), padding=pad, activation=act, use_bias=bias
        )(x)
    if kind == 2:
        return L.SeparableConv2D(
            filters, 3, depth_multiplier=choose.one(1, 2), padding=pad, activation=act
        )(x)
    if kind == 3:
        return L.Conv2DTranspose(filters, 3, padding="same", activation=act, use_bias=bias)(x)
    if kind == 4 and channels % 2 == 0:
        return L.Conv2D(2 * filters, 3, groups=2, padding="same", activation=act)(x)
    if kind == 5:
        return L.BatchNormalization(scale=choose.one(True, False))(x)
    if kind == 6 and size >= 4:
        return choose.one(L.MaxPooling2D, L.AveragePooling2D)(2)(x)
    if kind == 7:
        return choose.one(L.ReLU(), L.LeakyReLU(), L.PReLU(shared_axes=[1, 2]), L.PReLU())(x)
    if kind == 8:
        return choose.one(L.ZeroPadding2D(1), L.UpSampling2D(2) if size < 5 else L.ReLU())(x)
    if kind == 9 and size > 3:
        return L.Cropping2D(1)(x)
    if kind in (10, 11, 12):  # a residual block
        other = L.Conv2D(channels, 3, padding="same", activation=act)(x)
        other = L.BatchNormalization()(other)
        return choose.one(L.Add, L.Average, L.Maximum, L.Multiply, L.Subtract)()([x, other])
    if kind in (13, 14):
        other = L.Conv2D(filters, 1, activation=act)(x)
        return L.Concatenate()(choose.one([x, other], [other, x], [x, other, x]))
    if kind == 15:  # a squeeze and excitation block
        gate = L.GlobalAveragePooling2D(keepdims=True)(x)
        gate = L.Conv2D(filters, 1, activation=act)(gate)
        return L.Multiply()([x, L.Conv2D(channels, 1, activation="sigmoid")(gate)])
    if kind == 16:
        return L.Reshape((x.shape[1] * x.shape[2], channels))(x)
    if kind == 17:
        shared = L.Conv2D(channels, 3, padding="same", activation=act)
        return shared(shared(x))
    if kind == 18:
        return L.LayerNormalization()(x)  # its channels stay
    return L.SpatialDropout2D(0.5)(x)


def _steps(choose: Choices, x: Any) -> Any:
    if len(x.shape) == 2:
        return _dense(choose, x)
    steps, channels = x.shape[1:]
    act, units, kind = choose.one(*ACTIVATIONS), choose.count(), choose.random.integers(13)
    if kind == 0 and steps > 3:
        return L.Conv1D(units, 3, padding=choose.one("same", "valid", "causal"), activation=act)(x)
    if kind == 1:
        return L.DepthwiseConv1D(3, padding="same", depth_multiplier=choose.one(1, 2))(x)
    if kind == 2:
        return L.SeparableConv1D(units, 3, padding="same", activation=act)(x)
    if kind == 3:
        return L.Conv1DTranspose(units, 3, padding="same", activation=act)(x)
    if kind in (4, 5, 6):
        cell = choose.one(L.LSTM, L.GRU, L.SimpleRNN)
        return cell(units, return_sequences=True)(x)
    if kind == 7:
        merge = choose.one("concat", "sum", "mul", "ave")
        inner = choose.one(L.LSTM, L.GRU)(units, return_sequences=True)
        return L.Bidirectional(inner, merge_mode=merge)(x)
    if kind == 8:
        return L.Dense(units, activation=act)(x)
    if kind == 9 and steps > 3:
        return choose.one(L.MaxPooling1D, L.AveragePooling1D)(2)(x)
    if kind == 10:
        return L.Add()([x, L.Conv1D(channels, 3, padding="same")(x)])
    if kind == 11:
        return L.Permute((2, 1))(x)  # its channels stay
    return L.BatchNormalization()(x)


def _to_row(choose: Choices, x: Any) -> Any:
    if len(x.shape) == 2:
        return x
    if len(x.shape) == 3:
        return choose.one(
            L.Flatten(), L.GlobalAveragePooling1D(), L.GlobalMaxPooling1D(), L.GRU(choose.count()),
        )(x)  # fmt: skip
    return choose.one(
        L.Flatten(), L.GlobalAveragePooling2D(), L.GlobalMaxPooling2D(), L.Reshape((-1,))
    )(x)


def _dense(choose: Choices, x: Any) -> Any:
    act = choose.one(*ACTIVATIONS)
    found = L.Dense(choose.count(), activation=act, use_bias=choose.one(True, False))(x)
    return choose.one(found, L.BatchNormalization()(found), L.Dropout(0.5)(found))
