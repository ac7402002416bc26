"""What a user's trained model may have been trained on, if it predicts no better than a guess."""

import numpy as np

from secateur.arrays.encoding import Array, Category, Encoding
from secateur.arrays.rows import Rows

BRIGHTEST = 255
PIXELS = (
    "pixels / 255 (then put a layer in front that divides them, and name the new file: "
    "m = tf_keras.models.load_model('network/mine.h5', compile=False); "
    "x = tf_keras.layers.Input(m.input_shape[1:]); "
    "tf_keras.Model(x, m(tf_keras.layers.Rescaling(1 / 255)(x))).save('network/pixels.h5'){also})"
)


def question(encoding: Encoding, rows: Rows) -> str:
    """Ask whether the model was trained on other inputs, and say what to do then.

    `encoding` says whether `rows` are standardized.
    """
    scaled = any(
        (item.mean, item.std) != (0, 1)
        for item in encoding.columns
        if not isinstance(item, Category)
    )
    if _pixels(encoding, rows):
        how = PIXELS.format(also="; with data.standardize: false" if scaled else "")
        other = ", or on pixels as they are (then set data.standardize: false)" if scaled else ""
    elif scaled:
        how, other = "inputs that were not standardized (then set data.standardize: false)", ""
    else:
        how = (
            "inputs that were scaled (then data.standardize: true scales them by the training "
            "rows' mean and deviation, and a layer in front, such as Rescaling, in another way)"
        )
        other = ""
    return (
        f"Was it trained on {how}{other}, on other columns, or in another order? "
        "models/encoding.json lists the inputs that it gets"
    )


def _pixels(encoding: Encoding, rows: Rows) -> bool:
    """Whether the values of arrays, before they are scaled, are those of pixels."""
    (first, *_) = encoding.columns
    if not isinstance(first, Array):
        return False
    ends = [(float(block.min()), float(block.max())) for block in rows.blocks()]
    low, high = np.array([min(ends)[0], max(high for _, high in ends)]) * first.std + first.mean
    return bool(low > -0.5 and BRIGHTEST / 2 < high < BRIGHTEST + 0.5)
