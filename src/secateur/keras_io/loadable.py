"""Classes and modules that a model file may name; Keras imports what a file names."""

from collections.abc import Iterator
from typing import Any

LAYERS = {
    "InputLayer", "Dense", "Activation", "ReLU", "LeakyReLU", "ELU", "PReLU", "Softmax",
    "ThresholdedReLU", "Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose",
    "Conv3DTranspose", "DepthwiseConv1D", "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D",
    "Embedding", "SimpleRNN", "GRU", "LSTM", "SimpleRNNCell", "GRUCell", "LSTMCell",
    "Bidirectional", "TimeDistributed", "MultiHeadAttention", "Flatten", "Reshape", "Permute",
    "RepeatVector", "Masking", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "AlphaDropout",
    "GaussianDropout", "GaussianNoise", "BatchNormalization", "LayerNormalization", "Rescaling",
    "ZeroPadding1D", "ZeroPadding2D", "Cropping1D", "Cropping2D", "UpSampling1D", "UpSampling2D",
    "Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot",
    *(f"{kind}Pooling{n}D" for kind in ("Max", "Average") for n in (1, 2, 3)),
    *(f"Global{kind}Pooling{n}D" for kind in ("Max", "Average") for n in (1, 2, 3)),
}  # fmt: skip
CLASSES = {
    "Sequential", "Functional", *LAYERS,
    "Zeros", "Ones", "Constant", "RandomNormal", "RandomUniform", "TruncatedNormal", "Orthogonal",
    "VarianceScaling", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal",
    "LecunUniform", "Identity", "L1", "L2", "L1L2", "MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm",
    "PruneLowMagnitude", "ConstantSparsity", "PolynomialDecay",
}  # fmt: skip
MODULES = {
    "None", "keras", "keras.layers", "keras.initializers", "keras.regularizers",
    "keras.constraints", "tf_keras.src.engine.functional", "tf_keras.src.engine.sequential",
}  # fmt: skip


def disallowed(config: Any) -> list[str]:
    """Return the other names in a model's config: a Lambda, a user's class, a module."""
    classes = {str(name) for name in _named(config, "class_name")}
    modules = {str(name) for name in _named(config, "module")}
    return sorted([*(classes - CLASSES), *(modules - MODULES)])


def names_class(config: Any, name: str) -> bool:
    """Whether a model's config names a class at any depth."""
    return name in _named(config, "class_name")


def refusal(names: list[str]) -> str:
    """Return why a file is not loaded, and what its owner can do."""
    return (
        f"refused to load {', '.join(names)}: a file may name only Keras's own layers, because "
        "loading runs any other code that it names. If you trust its author, set "
        "model.safe_mode: false"
    )


def _named(config: Any, key: str) -> Iterator[Any]:
    """Yield every value of `key` at any depth."""
    if isinstance(config, dict):
        if key in config:
            yield config[key]
        config = list(config.values())
    if isinstance(config, list):
        for item in config:
            yield from _named(item, key)
