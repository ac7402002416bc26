"""A minified file predicts the same in fewer bytes."""

import numpy as np
import pytest

from secateur.evaluate import litert
from secateur.export.minify import minify
from secateur.export.tflite import convert
from secateur.keras_io.backend import keras
from tflite_files import TYPES, pruned_network, rows_of


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return pruned_network()


@pytest.fixture(scope="module")
def files(model: keras.Model) -> dict[str, bytes]:
    return dict(convert(model, TYPES, rows_of(model).x[:100]))


def test_minifying_changes_no_prediction(files: dict[str, bytes], model: keras.Model) -> None:
    x = rows_of(model).x
    for content in files.values():
        minified = minify(content)
        assert len(minified) < len(content) - 500
        np.testing.assert_array_equal(litert.predict(minified, x), litert.predict(content, x))
        assert minify(minified) == minified
        assert b"serving_default" not in minified


def test_buffers_are_aligned(files: dict[str, bytes], model: keras.Model) -> None:
    """As the schema asks: some processors cannot read a float that begins anywhere."""
    minified = minify(files["float32"])
    at = minified.index(model.layers[0].kernel.numpy().T.tobytes())
    assert at % 16 == 0
