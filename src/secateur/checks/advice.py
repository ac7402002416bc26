"""What would work in place of a layer that a later stage cannot take."""

from collections.abc import Iterator

from secateur.keras_io.backend import keras

L = keras.layers
TRAINING, PRUNING, CONVERSION = "training", "pruning", "conversion"
RANDOM = (
    L.RandomRotation, L.RandomZoom, L.RandomTranslation, L.RandomHeight, L.RandomWidth
)  # fmt: skip
ENCODING = (
    L.CategoryEncoding, L.Hashing, L.HashedCrossing, L.IntegerLookup, L.StringLookup,
    L.TextVectorization,
)  # fmt: skip
CONV_LSTM = (L.ConvLSTM1D, L.ConvLSTM2D, L.ConvLSTM3D)


def of(model: keras.Model, doing: str, raw: str) -> tuple[str, str]:
    """Return a culprit's name and what would work in its place, from a library's own error.

    A layer that the error names comes before one that is known for such an error. Either text is
    empty if nothing is known.
    """
    layers = list(flat(model))
    named = [layer for layer in layers if layer.name in raw]
    named.sort(key=lambda layer: -len(layer.name))  # `conv_10` also contains `conv_1`
    for layer in [*named, *layers]:
        if found := remedy(layer, doing):
            return layer.name, found
    return (named[0].name if named else ""), ""


def flat(model: keras.Model) -> Iterator[keras.layers.Layer]:
    """Yield the layers of a model, and those inside its nested models and wrappers."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from flat(layer)
        elif isinstance(layer, L.Wrapper):
            yield layer.layer


def remedy(layer: keras.layers.Layer, doing: str) -> str:
    """Return what works in place of a layer, while `doing` something; nothing if it is unknown."""
    kind = type(layer).__name__
    if doing == TRAINING:
        return _to_train(layer, kind)
    if doing == CONVERSION and isinstance(layer, L.RandomCrop):
        return (
            "TFLite has no RandomCrop; take it out of the model, which training alone needs it for"
        )
    return _to_convert(layer, kind) if doing == CONVERSION else ""


def _to_train(layer: keras.layers.Layer, kind: str) -> str:
    if isinstance(layer, L.UpSampling2D) and layer.interpolation == "nearest":
        return (
            "UpSampling2D by 'nearest' has no gradient in XLA; set interpolation='bilinear', or "
            "use Conv2DTranspose"
        )
    if isinstance(layer, RANDOM):
        return (
            f"XLA cannot compile {kind}; take it out of the model, which training alone uses it "
            "for (RandomFlip, RandomContrast and RandomBrightness work)"
        )
    if isinstance(layer, ENCODING):
        return f"XLA cannot compile {kind}; take it out, and encode the column before"
    if kind == "StochasticDepth":
        return f"{kind} draws numbers that no seed repeats; leave drop_path_rate at 0"
    return ""


def _to_convert(layer: keras.layers.Layer, kind: str) -> str:
    if isinstance(layer, CONV_LSTM):
        return f"TFLite has no {kind}; use convolutions, or a GRU or an LSTM"
    if isinstance(layer, (L.MaxPooling3D, L.AveragePooling3D)):
        return f"TFLite has no {kind}; use Conv3D with strides, or a GlobalPooling3D layer"
    if isinstance(layer, ENCODING):
        return f"TFLite has no {kind}; take it out, and encode the column before"
    return ""
