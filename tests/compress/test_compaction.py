"""Compaction of any network: dead units go, and what the network is beside them stays."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import random_channels
from secateur.compress.compaction import compacted
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from small_networks import listing
from small_networks import network as built

L = keras.layers


def test_before_other_layers_all_inputs_stay_and_the_dense_ones_behind_them_compact() -> None:
    layers = [
        {"type": "Conv1D", "filters": 2, "kernel_size": 2, "activation": "relu"},
        {"type": "BatchNormalization"}, {"type": "Flatten"},
        {"type": "Dense", "units": 5, "activation": "relu"}, {"type": "Dropout", "rate": 0.5},
        {"type": "Dense", "units": 4, "activation": "tanh"},
    ]  # fmt: skip
    model = built(listing(*layers), [6, 1], outputs=3, task="multiclass")
    weights = model.get_weights()
    weights[-6][:, 1:4] = 0  # hidden_1: three units are constants
    weights[-4][4] = 0  # hidden_2 does not read the last one
    model.set_weights(weights)
    smaller, inputs = compacted(model)
    assert inputs is None
    units = {layer.name: layer.units for layer in smaller.layers if hasattr(layer, "units")}
    assert units == {"hidden_1": 1, "hidden_2": 4, "output": 3}
    x = np.random.default_rng(0).normal(size=(50, 6, 1)).astype(np.float32)
    np.testing.assert_allclose(smaller(x), model(x), rtol=1e-5, atol=1e-6)


def test_a_model_with_branches_and_nothing_dead_stays_as_it_is() -> None:
    start = L.Input((4,), name="inputs")
    ends = [L.Dense(2, name=name)(start) for name in "ab"]
    model = keras.Model(start, L.Add(name="sum")(ends), name="network")
    same, inputs = compacted(model)
    assert inputs is None
    assert h5_files.content(same) == h5_files.content(model)


def ends_in_dense_layers(skip: bool) -> keras.Model:
    """Two branches before a stack of Dense layers; with `skip`, the stack's input skips it."""
    start = L.Input((4,), name="inputs")
    both = L.Add(name="sum")([L.Dense(3, name=name)(start) for name in "ab"])
    end = L.Dense(4, "relu", name="hidden")(both)
    end = L.Dense(3, "relu", name="small")(L.Dropout(0.5)(end))
    end = L.Concatenate()([both, end]) if skip else end
    return keras.Model(start, L.Dense(2, name="output")(end))


@pytest.mark.parametrize("skip", [False, True])
def test_behind_and_beside_branches_the_dense_layers_compact(skip: bool) -> None:
    model = ends_in_dense_layers(skip)
    weights = model.get_weights()
    weights[-6][:, 1] = 0  # hidden: a unit that is constant
    weights[-5][1] = 2
    weights[-2][[-3, -1]] = 0  # output: reads one unit of `small`
    model.set_weights(weights)
    smaller, inputs = compacted(model)
    assert inputs is None
    units = {layer.name: layer.units for layer in smaller.layers if hasattr(layer, "units")}
    assert units == {"a": 3, "b": 3, "hidden": 3, "small": 1, "output": 2}
    x = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    np.testing.assert_allclose(smaller(x), model(x), rtol=1e-5, atol=1e-6)


def emptied(model: keras.Model, *layers: str) -> keras.Model:
    """Take the weights that make the first two channels of some layers; their biases stay."""
    for name in layers:
        kernel, *rest = model.get_layer(name).get_weights()
        kernel[..., :2] = 0
        model.get_layer(name).set_weights([kernel, *rest])
    return model


def pictures(*before: Any) -> keras.Model:
    """Two convolutions, a normalization and Dense layers, after other layers."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        L.Input((6, 6, 2), name="inputs"), *before,
        L.Conv2D(4, 3, use_bias=False, name="conv"), L.BatchNormalization(name="norm"), L.ReLU(),
        L.Conv2D(3, 3, name="second"), L.Flatten(), L.Dense(4, "relu", name="dense"),
        L.Dense(2, name="out"),
    ], name="pictures")  # fmt: skip
    random_channels.randomize(model, np.random.default_rng(0))
    return emptied(model, "conv", "dense")


def predicts_the_same(one: keras.Model, other: keras.Model) -> None:
    shape = (20, *one.input_shape[1:])
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    np.testing.assert_allclose(
        one(x, training=False), other(x, training=False), rtol=1e-5, atol=1e-5
    )


def test_names_types_and_what_is_frozen_stay(tmp_path: Path) -> None:
    """A user's trained file may have frozen layers: a recipe must not train them."""
    model = pictures()
    for name in ("conv", "norm"):
        model.get_layer(name).trainable = False
    h5_files.save(tmp_path / "model.h5", model)
    smaller, inputs = compacted(h5_files.load(tmp_path / "model.h5"))
    assert inputs is None
    assert (smaller.get_layer("conv").filters, smaller.get_layer("dense").units) == (2, 2)
    assert (smaller.name, type(smaller)) == ("pictures", keras.Sequential)
    assert smaller.input_names == ["inputs"]
    assert [own.name for own in smaller.layers] == [own.name for own in model.layers]
    frozen = [own.name for own in smaller.layers if not own.trainable]
    assert frozen == ["conv", "norm"]
    assert len(smaller.trainable_weights) == len(model.trainable_weights)
    predicts_the_same(smaller, model)
    h5_files.save(tmp_path / "smaller.h5", smaller)
    again = h5_files.load(tmp_path / "smaller.h5")
    assert [own.name for own in again.layers if not own.trainable] == frozen


def test_a_frozen_layer_of_several_parts_keeps_the_order_of_its_weights() -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        L.Input((5, 3)), L.Bidirectional(L.LSTM(4), name="both"), L.Dense(2, name="out"),
    ])  # fmt: skip
    kernel, bias = model.layers[-1].get_weights()
    kernel[[1, 5]] = 0  # of both directions the second unit, which only its own steps read
    model.layers[-1].set_weights([kernel, bias])
    for recurrent in (model.layers[0].forward_layer, model.layers[0].backward_layer):
        own = recurrent.get_weights()
        own[1][1] = 0
        recurrent.set_weights(own)
    model.layers[0].trainable = False
    smaller, _ = compacted(model)
    assert smaller.layers[0].forward_layer.units == 3
    assert smaller.layers[0].trainable_weights == []
    predicts_the_same(smaller, model)


def test_a_network_of_float64_stays_one() -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        L.Input((3,), dtype="float64"), L.Dense(5, dtype="float64", name="first"),
        L.Dense(2, dtype="float64"),
    ])  # fmt: skip
    model.layers[0].bias.assign(np.full(5, 1 / 3))
    smaller, inputs = compacted(emptied(model, "first"))
    assert inputs == [0, 1, 2]
    assert {w.dtype for w in smaller.get_weights()} == {np.dtype("float64")}
    x = np.random.default_rng(0).normal(size=(20, 3))
    np.testing.assert_allclose(smaller(x), model(x), rtol=1e-12)
    assert smaller.layers[0].units == 3


def test_a_network_of_several_inputs_keeps_them() -> None:
    keras.utils.set_random_seed(0)
    one, other = L.Input((3,), name="one"), L.Input((2,), name="other")
    ends = [L.Dense(4, name="a")(one), L.Dense(3, name="b")(other)]
    model = keras.Model([one, other], L.Dense(1, name="out")(L.Concatenate()(ends)))
    smaller, inputs = compacted(emptied(model, "a", "b"))
    assert inputs is None
    assert smaller.input_names == ["one", "other"]
    assert [smaller.get_layer(name).units for name in "ab"] == [2, 1]
    x = [np.random.default_rng(0).normal(size=(9, n)).astype(np.float32) for n in (3, 2)]
    np.testing.assert_allclose(smaller(x), model(x), rtol=1e-5, atol=1e-6)


class Twice(L.Layer):
    """A layer of a user's own, whose `units` are not what it makes."""

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = units

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight("kernel", (shape[-1], self.units))

    def call(self, inputs: Any) -> Any:
        made = inputs @ self.kernel
        return keras.backend.concatenate([made, made])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units}


@pytest.mark.parametrize(
    "unknown",
    [
        lambda: Twice(3),
        lambda: L.Lambda(lambda x: x * 2),
        lambda: keras.Sequential([L.Input((6, 6, 4)), L.Dense(3), L.Dense(2)]),
        lambda: L.Conv2D(5, 1, data_format="channels_first"),
        lambda: L.LayerNormalization(),
        lambda: L.TimeDistributed(L.Dense(3)),
    ],
    ids=["own", "Lambda", "nested", "channels first", "LayerNormalization", "steps"],
)
def test_what_no_rule_knows_stays_whole_and_the_rest_compacts(unknown: Any) -> None:
    layer = unknown()
    model = pictures(L.Conv2D(4, 1, name="read", activation="relu"), layer)
    kernel, bias = model.get_layer("read").get_weights()
    kernel[..., 0], bias[0] = 0, 0.5  # a constant, which the unknown layer reads
    model.get_layer("read").set_weights([kernel, bias])
    smaller, inputs = compacted(model)
    assert inputs is None
    for one, other in zip(
        smaller.get_layer(layer.name).get_weights(), layer.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert smaller.get_layer("read").filters == 4
    assert (smaller.get_layer("conv").filters, smaller.get_layer("dense").units) == (2, 2)
    predicts_the_same(smaller, model)


def test_the_vectors_of_an_embedding_get_shorter() -> None:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([
        L.Input((4,)), L.Embedding(9, 5, name="table"), L.Flatten(), L.Dense(2, name="out"),
    ])  # fmt: skip
    kernel, bias = model.layers[-1].get_weights()
    kernel[3::5] = 0  # at none of the four places is the fourth number read
    model.layers[-1].set_weights([kernel, bias])
    smaller, inputs = compacted(model)
    assert inputs is None
    assert [w.shape for w in smaller.get_weights()] == [(9, 4), (16, 2), (2,)]
    x = np.random.default_rng(0).integers(0, 9, (20, 4)).astype(np.float32)
    np.testing.assert_allclose(smaller(x), model(x), rtol=1e-5, atol=1e-6)
