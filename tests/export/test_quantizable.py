"""int8 files made of networks that are ready for it lose much less."""

import numpy as np
import pytest

from secateur.arrays.rows import evenly
from secateur.evaluate import litert
from secateur.export import calibration
from secateur.export.quantizable import quantizable
from secateur.export.rounding import rounded
from secateur.export.tflite import convert, convert_or_reason
from secateur.keras_io import grids
from secateur.keras_io.backend import keras

L = keras.layers
RANDOM = np.random.default_rng(0)
X = RANDOM.random((400, 5)).astype(np.float32)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """As pruning leaves a dense network: few units, weights and activations of unequal ranges."""
    found = keras.Sequential([L.Input((5,)), L.Dense(20, "relu"), L.Dense(1, "relu")])
    scales = np.exp(RANDOM.normal(0, 1.5, 20))
    kernel, bias = RANDOM.normal(size=(5, 20)), RANDOM.normal(size=20)
    last = np.abs(RANDOM.normal(size=(20, 1)))
    found.set_weights([kernel * scales, bias * scales, last / scales[:, None], np.array([0.5])])
    return found


def excess(model: keras.Model, content: bytes) -> float:
    """Return the mean square of what a file's predictions differ by."""
    return float(np.square(litert.predict(content, X) - model.predict(X, verbose=0)).mean())


def test_int8_loses_a_fifth_of_what_it_lost(model: keras.Model) -> None:
    ((_, plain),) = convert(model, ["int8"], X)
    ((_, made, reason),) = convert_or_reason(model, ["int8"], X)
    assert not reason
    assert len(made) < len(plain)  # one scale for all channels of a dense layer
    assert excess(model, made) < 0.2 * excess(model, plain)


def test_other_types_are_of_the_network_itself(model: keras.Model) -> None:
    kinds = ["float32", "float16"]
    plain = dict(convert(model, kinds, X))
    assert {kind: made for kind, made, _ in convert_or_reason(model, kinds, X)} == plain


def test_the_bytes_are_the_same_again(model: keras.Model) -> None:
    assert [*convert_or_reason(model, ["int8"], X)] == [*convert_or_reason(model, ["int8"], X)]


def test_a_network_on_the_grid_stays_as_it_is(model: keras.Model) -> None:
    for weights in ("int8", "int4"):
        own = {layer.name: grids.grid(layer, weights) for layer in model.layers}
        trained = rounded(model, X, own)
        assert quantizable(trained, X, weights) is trained
        assert quantizable(trained, X, "int8") is trained
        assert quantizable(model, X, weights) is not model


def test_a_network_whose_training_diverged_stays_as_it_is(model: keras.Model) -> None:
    twin = keras.models.clone_model(model)
    twin.set_weights([np.full_like(weights, np.nan) for weights in model.get_weights()])
    assert quantizable(twin, X) is twin


def test_rows_that_cover_have_the_extremes_of_every_layer(model: keras.Model) -> None:
    rows = calibration.covering(model, X)
    assert len(rows) < len(X)
    assert (np.diff(rows) > 0).all()
    for layer in model.layers:
        own = keras.Model(model.inputs, layer.output)
        for reduce in (np.max, np.min):
            assert reduce(own.predict(X[rows], verbose=0)) == pytest.approx(
                reduce(own.predict(X, verbose=0)), rel=1e-6
            )


def test_few_rows_are_all_taken(model: keras.Model) -> None:
    np.testing.assert_array_equal(calibration.covering(model, X[:9]), np.arange(9))
    np.testing.assert_array_equal(evenly(5, 9), np.arange(5))
    np.testing.assert_array_equal(evenly(9, 5), [0, 2, 4, 6, 8])
