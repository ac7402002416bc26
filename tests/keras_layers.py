"""Each of Keras's layers in a tiny network, by the layer's class and what is special."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from secateur.arrays.rows import Rows
from secateur.keras_io.backend import keras, tf

L = keras.layers
FLAT, STEPS, IMAGE, CUBE = (6,), (4, 3), (6, 6, 3), (4, 4, 4, 2)
WHOLE_NUMBERS = ("Embedding", "CategoryEncoding")

# Options by class, for networks that begin with it (or with a Dense layer) and end with Flatten.
LAYERS: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    **dict.fromkeys(
        ("ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax", "ThresholdedReLU", "BatchNormalization",
         "LayerNormalization", "UnitNormalization", "Identity", "Normalization"), (FLAT, {}),
    ),
    "Dense": (FLAT, {"units": 4}),
    "Activation": (FLAT, {"activation": "tanh"}),
    "Conv1D": (STEPS, {"filters": 4, "kernel_size": 2}),
    "Conv2D": (IMAGE, {"filters": 4, "kernel_size": 3}),
    "Conv3D": (CUBE, {"filters": 2, "kernel_size": 2}),
    "Conv1DTranspose": (STEPS, {"filters": 4, "kernel_size": 2}),
    "Conv2DTranspose": (IMAGE, {"filters": 4, "kernel_size": 3, "strides": 2}),
    "Conv3DTranspose": (CUBE, {"filters": 2, "kernel_size": 2}),
    "DepthwiseConv1D": (STEPS, {"kernel_size": 2}),
    "DepthwiseConv2D": (IMAGE, {"kernel_size": 3}),
    "SeparableConv1D": (STEPS, {"filters": 4, "kernel_size": 2}),
    "SeparableConv2D": (IMAGE, {"filters": 4, "kernel_size": 3}),
    "LocallyConnected1D": (STEPS, {"filters": 2, "kernel_size": 3}),
    "LocallyConnected2D": ((3, 3, 2), {"filters": 2, "kernel_size": 2}),
    "Conv1D dilated": (STEPS, {"filters": 4, "kernel_size": 2, "dilation_rate": 2}),
    "Conv1D causal": (STEPS, {"filters": 4, "kernel_size": 2, "dilation_rate": 2,
                              "padding": "causal"}),
    "Conv2D dilated": (IMAGE, {"filters": 4, "kernel_size": 2, "dilation_rate": 2}),
    "Conv1D groups": (STEPS, {"filters": 3, "kernel_size": 2, "groups": 3}),
    "Conv1D dilated groups": (STEPS, {"filters": 3, "kernel_size": 2, "groups": 3,
                                      "dilation_rate": 2}),
    "Conv2D groups": (IMAGE, {"filters": 3, "kernel_size": 2, "groups": 3}),
    "Conv2D dilated groups": (IMAGE, {"filters": 3, "kernel_size": 2, "groups": 3,
                                      "dilation_rate": 2}),
    "Conv2D channels first": (IMAGE, {"filters": 4, "kernel_size": 3,
                                      "data_format": "channels_first"}),
    "SimpleRNN unrolled": (STEPS, {"units": 3, "unroll": True}),
    "GRU unrolled": (STEPS, {"units": 3, "unroll": True}),
    "LSTM unrolled": (STEPS, {"units": 3, "unroll": True}),
    "SimpleRNN": (STEPS, {"units": 3}),
    "GRU": (STEPS, {"units": 3}),
    "LSTM": (STEPS, {"units": 3}),
    "ConvLSTM1D": ((2, 4, 2), {"filters": 2, "kernel_size": 2}),
    "ConvLSTM2D": ((2, 3, 3, 1), {"filters": 2, "kernel_size": 2}),
    "ConvLSTM3D": ((2, 3, 3, 3, 1), {"filters": 2, "kernel_size": 2}),
    "Flatten": (STEPS, {}),
    "Reshape": (FLAT, {"target_shape": (3, 2)}),
    "Permute": (STEPS, {"dims": (2, 1)}),
    "RepeatVector": (FLAT, {"n": 2}),
    "Dropout": (FLAT, {"rate": 0.3}),
    "SpatialDropout1D": (STEPS, {"rate": 0.3}),
    "SpatialDropout2D": (IMAGE, {"rate": 0.3}),
    "SpatialDropout3D": (CUBE, {"rate": 0.3}),
    "AlphaDropout": (FLAT, {"rate": 0.3}),
    "GaussianDropout": (FLAT, {"rate": 0.3}),
    "GaussianNoise": (FLAT, {"stddev": 0.3}),
    "ActivityRegularization": (FLAT, {"l2": 0.01}),
    "GroupNormalization": (FLAT, {"groups": 2}),
    "Rescaling": (FLAT, {"scale": 0.5}),
    "Discretization": (FLAT, {"bin_boundaries": [0.2, 0.6]}),
    "CategoryEncoding": (FLAT, {"num_tokens": 9}),
    "Embedding": (FLAT, {"input_dim": 9, "output_dim": 3}),
    "EinsumDense": (FLAT, {"equation": "ab,bc->ac", "output_shape": 4}),
    "Resizing": (IMAGE, {"height": 4, "width": 4}),
    "CenterCrop": (IMAGE, {"height": 4, "width": 4}),
    "RandomFlip": (IMAGE, {}),
    "RandomContrast": (IMAGE, {"factor": 0.1}),
    "RandomBrightness": (IMAGE, {"factor": 0.1, "value_range": (0, 1)}),
    "RandomRotation": (IMAGE, {"factor": 0.1}),
    "RandomZoom": (IMAGE, {"height_factor": 0.1}),
    "RandomTranslation": (IMAGE, {"height_factor": 0.1, "width_factor": 0.1}),
    "RandomCrop": (IMAGE, {"height": 4, "width": 4}),
    "ZeroPadding1D": (STEPS, {"padding": 1}),
    "ZeroPadding2D": (IMAGE, {"padding": 1}),
    "ZeroPadding3D": (CUBE, {"padding": 1}),
    "Cropping1D": (STEPS, {"cropping": 1}),
    "Cropping2D": (IMAGE, {"cropping": 1}),
    "Cropping3D": (CUBE, {"cropping": 1}),
    "UpSampling1D": (STEPS, {"size": 2}),
    "UpSampling2D bilinear": (IMAGE, {"size": 2, "interpolation": "bilinear"}),
    "UpSampling2D nearest": (IMAGE, {"size": 2}),
    "UpSampling3D": (CUBE, {"size": 2}),
    **{
        f"{kind}Pooling{n}D": (shape, {"pool_size": 2})
        for kind in ("Max", "Average") for n, shape in ((1, STEPS), (2, IMAGE), (3, CUBE))
    },
    **{
        f"Global{kind}Pooling{n}D": (shape, {})
        for kind in ("Max", "Average") for n, shape in ((1, STEPS), (2, IMAGE), (3, CUBE))
    },
}  # fmt: skip


Middle = Callable[[Any], Any]


def _of_two(layer: str, **options: Any) -> tuple[tuple[int, ...], Middle]:
    def middle(inputs: Any) -> Any:
        return getattr(L, layer)(**options)([L.Dense(4)(inputs), L.Dense(4)(inputs)])

    return STEPS if "Attention" in layer else FLAT, middle


# What takes several tensors, between inputs of that shape and Flatten.
MIDDLES: dict[str, tuple[tuple[int, ...], Middle]] = {
    **{
        name: _of_two(name)
        for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate",
                     "Attention", "AdditiveAttention")
    },
    "Dot": _of_two("Dot", axes=1),
    "MultiHeadAttention": (STEPS, lambda x: L.MultiHeadAttention(2, 3)(x, x)),
    "Dense with operations": (
        FLAT, lambda x: tf.nn.relu(L.Dense(4)(x) + 0.5 * L.Dense(4)(x))[:, 1:]
    ),
}  # fmt: skip


def _functional(shape: tuple[int, ...], *middles: Middle) -> keras.Model:
    inputs = L.Input(shape)
    ends = [L.Flatten()(middle(inputs)) for middle in middles]
    end = L.Concatenate()(ends) if len(ends) > 1 else ends[0]
    return keras.Model(inputs, L.Dense(1, name="out")(end))


def _stack(shape: tuple[int, ...], *layers: Callable[[], Any]) -> Callable[[], keras.Model]:
    return lambda: keras.Sequential([
        L.Input(shape), *(make() for make in layers), L.Flatten(), L.Dense(1, name="out"),
    ])  # fmt: skip


def _two_sizes() -> keras.Model:
    inputs = L.Input((8,))
    fine = L.Reshape((8, 1))(inputs)
    head = L.Conv1D(6, 2, name="head")
    ends = [L.Flatten()(head(part)) for part in (fine, L.AveragePooling1D(2)(fine))]
    return keras.Model(inputs, L.Dense(1, name="out")(L.Concatenate()(ends)))


NETWORKS: dict[str, Callable[[], keras.Model]] = {
    **{
        name: (lambda shape=shape, middle=middle: _functional(shape, middle))
        for name, (shape, middle) in MIDDLES.items()
    },
    "Masking": lambda: keras.Sequential([
        L.Input(STEPS), L.Masking(), L.Dense(4), L.GlobalAveragePooling1D(), L.Dense(1),
    ]),
    "RandomHeight": lambda: keras.Sequential([
        L.Input(IMAGE), L.RandomHeight(0.2), L.GlobalAveragePooling2D(), L.Dense(1),
    ]),
    "RandomWidth": lambda: keras.Sequential([
        L.Input(IMAGE), L.RandomWidth(0.2), L.GlobalAveragePooling2D(), L.Dense(1),
    ]),
    "Bidirectional": _stack(STEPS, lambda: L.Bidirectional(L.SimpleRNN(2, unroll=True))),
    "TimeDistributed": _stack(STEPS, lambda: L.TimeDistributed(L.Dense(4))),
    "SpectralNormalization": _stack(FLAT, lambda: L.SpectralNormalization(L.Dense(4))),
    "RNN": _stack(STEPS, lambda: L.RNN(L.GRUCell(2), unroll=True)),
    "StackedRNNCells": _stack(STEPS, lambda: L.RNN(
        L.StackedRNNCells([L.SimpleRNNCell(2), L.SimpleRNNCell(2)]), unroll=True
    )),
    "Dense nested": _stack(FLAT, lambda: keras.Sequential(
        [L.Input(FLAT), L.Dense(4), L.Dense(3)], name="body"
    )),
    "Conv1D of two sizes": _two_sizes,
}  # fmt: skip


def network(name: str) -> keras.Model:
    """A small network with that layer; its weights are the same each time."""
    _restart()
    if name in NETWORKS:
        return NETWORKS[name]()
    layer = _layer(name)
    shape = LAYERS[name][0]
    # Preprocessing comes first in a network; what else there is has weights before it.
    first = [] if isinstance(layer, _FIRST) else [L.Dense(shape[-1], name="first")]
    return keras.Sequential([
        L.Input(shape), *first, layer, L.Flatten(), L.Dense(1, name="out"),
    ])  # fmt: skip


def side_by_side(names: Iterable[str]) -> keras.Model:
    """A network in which each of these layers, of one input shape, has a branch of its own."""
    _restart()
    names = list(names)
    (shape,) = {shape_of(name) for name in names}
    return _functional(shape, *(_branch(name) for name in names))


def shape_of(name: str) -> tuple[int, ...]:
    return (MIDDLES[name] if name in MIDDLES else LAYERS[name])[0]


def _branch(name: str) -> Middle:
    if name in MIDDLES:
        return MIDDLES[name][1]
    layer = _layer(name)
    if isinstance(layer, _FIRST):
        return layer
    return lambda inputs: layer(L.Dense(inputs.shape[-1])(inputs))


def _restart() -> None:
    keras.utils.set_random_seed(0)
    keras.backend.reset_uids()


def _layer(name: str) -> Any:
    return getattr(L, name.split()[0])(**LAYERS[name][1])


_FIRST = (
    L.Embedding, L.CategoryEncoding, L.Discretization, L.Normalization, L.Rescaling, L.Resizing,
    L.CenterCrop, L.RandomFlip, L.RandomContrast, L.RandomBrightness, L.RandomRotation,
    L.RandomZoom, L.RandomTranslation, L.RandomCrop,
)  # fmt: skip


def rows_for(model: keras.Model, name: str = "", rows: int = 8) -> Rows:
    """Rows that fit a network: from 0 to 1, or whole numbers."""
    random = np.random.default_rng(0)
    shape = (rows, *model.input_shape[1:])
    x = random.integers(0, 4, shape) if name in WHOLE_NUMBERS else random.random(shape)
    if name == "Masking":
        x[:, 2:] = 0
    return Rows(x.astype(np.float32), random.random((rows, 1)).astype(np.float32))
