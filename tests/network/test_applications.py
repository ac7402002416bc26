"""Keras's own applications, built without weights, fit; three of them go through every stage."""

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tf_keras.src.applications import convnext, inception_resnet_v2

from secateur.arrays.rows import Rows
from secateur.checks import advice, own_model
from secateur.core.tasks import TASKS
from secateur.evaluate import litert
from secateur.export.tflite import convert
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.network import trained_file

L = keras.layers

# The smallest of each family, as small as it may be.
SMALL: dict[str, dict[str, Any]] = {
    "DenseNet121": {"shape": (32, 32, 3)},
    "EfficientNetB0": {"shape": (32, 32, 3)},
    "MobileNetV2": {"shape": (32, 32, 3), "alpha": 0.35},
}
FAMILIES: dict[str, dict[str, Any]] = {
    "ConvNeXtTiny": {"shape": (32, 32, 3)},
    "EfficientNetV2B0": {"shape": (32, 32, 3)},
    "MobileNet": {"shape": (32, 32, 3), "alpha": 0.25},
    "MobileNetV3Small": {"shape": (32, 32, 3), "alpha": 0.75, "minimalistic": True},
    "RegNetX002": {"shape": (32, 32, 3)},
    "ResNet50": {"shape": (32, 32, 3)},
    "Xception": {"shape": (71, 71, 3)},
}


def build(name: str, shape: tuple[int, ...], **options: Any) -> keras.Model:
    make = getattr(keras.applications, name)
    known = inspect.signature(make).parameters
    assert options.keys() <= known.keys()
    keras.utils.set_random_seed(0)
    return make(weights=None, input_shape=shape, classes=2, **options)


def checked(model: keras.Model, rows: Rows) -> tuple[keras.Model, dict[str, str]]:
    made, names = own_model.prepare("here", model, True)
    own_model.check("here", made, rows.x.shape[1:], 2, TASKS["multiclass"], rows)
    return made, names


def rows_for(model: keras.Model) -> Rows:
    x = np.random.default_rng(0).random((2, *model.input_shape[1:])).astype(np.float32)
    return Rows(x, np.array([[0.0], [1.0]], np.float32))


@pytest.mark.parametrize("name", FAMILIES)
def test_an_application_is_accepted(name: str) -> None:
    model = build(name, **FAMILIES[name])
    checked(model, rows_for(model))


@pytest.mark.parametrize("name", SMALL)
def test_an_application_is_saved_loaded_converted_and_run(name: str, tmp_path: Path) -> None:
    model = build(name, **SMALL[name])
    rows = rows_for(model)
    made, names = checked(model, rows)
    assert names.get("conv1.conv") == ("conv1/conv" if name == "DenseNet121" else None)
    h5_files.save(tmp_path / "m.h5", made)
    loaded = h5_files.load(tmp_path / "m.h5")
    expected = model(rows.x).numpy()
    np.testing.assert_allclose(loaded(rows.x), expected, atol=1e-5)
    ((_, content),) = convert(loaded, ["float32"], rows.x)
    np.testing.assert_allclose(litert.predict(content, rows.x), expected, atol=1e-4)


def test_layers_that_an_application_defines_for_itself_are_known(tmp_path: Path) -> None:
    """In both kinds of file; ConvNeXt and InceptionResNetV2 have such."""
    inputs = L.Input((2, 2, 3))
    scaled = convnext.LayerScale(0.5, 3)(inputs)
    sums = inception_resnet_v2.CustomScaleLayer(scale=0.2)([scaled, inputs])
    made = keras.Model(inputs, L.Dense(2, "softmax")(L.Flatten()(sums)))
    rows = rows_for(made)
    checked(made, rows)
    for name in ("m.h5", "m.keras"):
        made.save(tmp_path / name)
        np.testing.assert_array_equal(
            trained_file.load(tmp_path / name, True)(rows.x), made(rows.x)
        )


def test_a_layer_whose_draws_no_seed_repeats_is_refused_in_training() -> None:
    layer = convnext.StochasticDepth(0.1)
    assert "drop_path_rate at 0" in advice.remedy(layer, advice.TRAINING)
