"""TFLite files of each type, alike each time."""

from typing import get_args

import numpy as np
import pytest

from secateur.core.errors import InputError
from secateur.evaluate import litert
from secateur.export.minify import minify
from secateur.export.tflite import convert, convert_or_reason, overflow
from secateur.keras_io.backend import keras, tf
from secateur.network.layers import Activation
from small_networks import dense, listing, network
from tflite_files import TYPES, pruned_network, rows_of


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return pruned_network()


@pytest.fixture(scope="module")
def files(model: keras.Model) -> dict[str, bytes]:
    return dict(convert(model, TYPES, rows_of(model).x[:100]))


def test_the_bytes_are_the_same_again(files: dict[str, bytes], model: keras.Model) -> None:
    rows = rows_of(model)
    assert dict(convert(model, TYPES, rows.x[:100])) == files
    assert dict(convert(model, ["int8"], rows.x[:50] * 3))["int8"] != files["int8"]  # calibrated


def test_quantized_files_are_smaller(files: dict[str, bytes]) -> None:
    assert list(files) == list(TYPES)
    assert len(files["float16"]) < len(files["float32"])
    assert len(files["int8"]) < len(files["float32"])


@pytest.mark.parametrize("name", get_args(Activation))
def test_every_listed_activation_has_its_file(name: str) -> None:
    """ELU has no reference kernel."""
    made = network(listing({"type": "Dense", "units": 40, "activation": name}), 6)
    x = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)
    for kind, content in convert(made, TYPES, x):
        atol = 1e-5 if kind == "float32" else 0.1
        np.testing.assert_allclose(litert.predict(minify(content), x), made(x), atol=atol)


def test_a_model_that_no_file_can_hold_is_refused_in_one_line() -> None:
    layers = [keras.layers.Input(3), keras.layers.Lambda(tf.math.digamma), keras.layers.Dense(1)]
    with pytest.raises(InputError, match="TFLite") as refusal:
        next(convert(keras.Sequential(layers), ["float32"], np.empty(0)))
    assert len(str(refusal.value)) < 300


def test_weights_too_large_for_float16_leave_that_file_out_with_the_reason() -> None:
    model = network(dense(3), 2)
    weights = model.get_weights()
    model.set_weights([*weights[:3], np.array([246_000.0])])
    rows = np.random.default_rng(0).random((9, 2)).astype(np.float32)
    made = {kind: (content, why) for kind, content, why in convert_or_reason(model, TYPES, rows)}
    assert [kind for kind, (content, _) in made.items() if content] == [
        "float32",
        "dynamic",
        "int8",
    ]
    assert all(word in made["float16"][1] for word in ("'output'", "246000", "65,504"))
    model.set_weights(weights)
    assert overflow(model) == ""
