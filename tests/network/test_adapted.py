"""A user's model is adapted without a change in what it computes."""

import numpy as np
import pytest

from secateur.keras_io.backend import keras, tf
from secateur.network import adapted

L = keras.layers
X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


@pytest.mark.parametrize(
    "names",
    [
        ["a/b", "a.b", "a:b", "a>b", "a.b_2"],
        ["model", "kernels", "inputs", "model_2"],
        ["x" * 61, "x" * 70, "x" * 60, "/", "//", "é"],
    ],
)
def test_names_fit_into_files_and_no_two_are_alike(names: list[str]) -> None:
    found = adapted.safe_names(names)
    assert list(found) == names
    assert len(set(found.values())) == len(names)
    for old, new in found.items():
        assert adapted._fits(new)
        if adapted._fits(old):
            assert new == old


def test_a_model_that_needs_nothing_stays_the_same() -> None:
    model = keras.Sequential([L.Input((4,)), L.Dense(1, name="out")])
    assert adapted.adapted(model) == (model, {})


def branched(names: tuple[str, str, str]) -> keras.Model:
    inputs = L.Input((4,))
    shared = L.Dense(4, "tanh", name=names[0])
    once = shared(inputs)
    twice = shared(once)
    both = L.Add(name=names[1])([once, twice])
    return keras.Model(inputs, L.Dense(1, name=names[2])(tf.nn.relu(both * 2.0)))


def test_a_functional_model_keeps_its_calls_and_weights_under_other_names() -> None:
    model = branched(("a/b", "c/d", "e.f"))
    twin, names = adapted.adapted(model)
    assert names == {"a.b": "a/b", "c.d": "c/d"}
    assert {"a.b", "c.d", "e.f"} < {layer.name for layer in twin.layers}
    np.testing.assert_array_equal(twin(X), model(X))


def test_the_statistics_of_a_normalization_survive_every_copy() -> None:
    normalization = L.Normalization()
    normalization.adapt(X * 3 + 7)
    nested = keras.Sequential([L.Input((4,)), normalization, L.Dense(3)], name="nested")
    model = keras.Sequential([L.Input((4,)), nested, L.Dense(1)])
    twin, _ = adapted.adapted(model)
    copy = keras.models.clone_model(twin)
    copy.set_weights(twin.get_weights())
    assert {weight.dtype.name for weight in twin.weights} == {"float32"}
    np.testing.assert_allclose(copy(X), model(X), rtol=1e-6)


def test_mixed_precision_becomes_float32() -> None:
    model, plain = (
        keras.Sequential([L.Input((4,)), L.Dense(8, "relu", dtype=dtype), L.Dense(1)])
        for dtype in ("mixed_float16", "float32")
    )
    plain.set_weights(model.get_weights())
    twin, _ = adapted.adapted(model)
    assert {layer.compute_dtype for layer in twin.layers} == {"float32"}
    # The model itself cannot be asked: oneDNN, held to AVX2, multiplies no float16 on processors
    # that can, and dies.
    np.testing.assert_array_equal(twin(X), plain(X))
