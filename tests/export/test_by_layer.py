"""Files of int4 weights, for networks that were trained for them."""

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

import random_channels
from secateur.core.errors import InputError
from secateur.devices import ethos_u, micro
from secateur.evaluate import litert, operators
from secateur.export import by_layer, ranges
from secateur.export.by_layer import Assignment
from secateur.export.minify import minify
from secateur.export.quantizable import of_all, on_grids, trained_for
from secateur.export.rounding import rounded
from secateur.export.tflite import convert, convert_or_reason, mixed
from secateur.keras_io import grids
from secateur.keras_io.backend import keras

L = keras.layers
X = np.random.default_rng(0).normal(size=(40, 8, 8, 3)).astype(np.float32)
INT8, INT4 = schema.TensorType.INT8, schema.TensorType.INT4


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """As quantization-aware training leaves it."""
    layers = [
        L.Conv2D(6, 3, activation="relu", name="c"), L.DepthwiseConv2D(3, name="w"),
        L.BatchNormalization(), L.ReLU(), L.Flatten(), L.Dense(5, name="d"),
        L.Dense(3, "softmax", name="e"),
    ]  # fmt: skip
    found = keras.Sequential([L.Input((8, 8, 3)), *layers])
    random_channels.randomize(found, np.random.default_rng(1))
    own = {name: grids.grid(found.get_layer(name), "int4") for name in "cwde"}
    return rounded(found, X, own)


@pytest.fixture(scope="module")
def files(model: keras.Model) -> dict[str, bytes]:
    kinds = ["float32", "int8", "int4"]
    return {kind: minify(made) for kind, made, _ in convert_or_reason(model, kinds, X)}


def kernels(content: bytes) -> dict[tuple[int, ...], int]:
    """Return the type of each kernel by its shape."""
    graph = schema.ModelT.InitFromPackedBuf(content, 0)
    main = graph.subgraphs[0]
    return {
        tuple(t.shape): t.type
        for t in main.tensors
        if graph.buffers[t.buffer].data is not None and len(t.shape) > 1 and t.type in (INT8, INT4)
    }


def test_weights_are_int4_where_devices_have_kernels_for_them(files: dict[str, bytes]) -> None:
    assert kernels(files["int4"]) == {
        (6, 3, 3, 3): INT4, (1, 3, 3, 6): INT8, (5, 96): INT4, (3, 5): INT4,
    }  # fmt: skip
    assert set(kernels(files["int8"]).values()) == {INT8}
    assert ethos_u.is_int8(files["int4"])
    assert len(files["int4"]) < len(files["int8"]) < len(files["float32"])


def test_what_the_network_has_is_what_the_file_has(
    files: dict[str, bytes], model: keras.Model
) -> None:
    assert trained_for(model, "int4")
    weights = operators.weights(operators.read(files["int4"]))
    stored = next(array for array in weights if array.shape == (5, 96))
    kernel = model.get_layer("d").kernel.numpy()
    np.testing.assert_array_equal(stored, np.round(kernel / np.abs(kernel).max() * 7).T)


@pytest.mark.parametrize("kind", ["int8", "int4"])
def test_it_predicts_as_the_network_does(
    files: dict[str, bytes], model: keras.Model, kind: str
) -> None:
    """Weights lose nothing, as they lie on the grid: activations alone do."""
    wanted = model.predict(X, verbose=0)
    for reference in (True, False):
        found = litert.predict(files[kind], X, reference=reference)
        assert np.abs(found - wanted).mean() < 0.02
        assert (found.argmax(1) == wanted.argmax(1)).mean() > 0.9


def test_a_microcontroller_runs_it_and_an_ethos_u_does_not(files: dict[str, bytes]) -> None:
    ran = micro.run(files["int4"], X[:3], 1 << 20)
    np.testing.assert_allclose(ran.outputs, litert.predict(files["int4"], X[:3]), atol=0.01)
    system = ("ethos-u55-128", "Ethos_U55_High_End_Embedded", "Shared_Sram")
    with pytest.raises(ValueError, match=r"no int4 weights.*quantization\.weights: int8"):
        ethos_u.compiled(files["int4"], *system)


def test_the_bytes_are_the_same_again(files: dict[str, bytes], model: keras.Model) -> None:
    ((_, again, _),) = convert_or_reason(model, ["int4"], X)
    assert minify(again) == files["int4"]


def test_a_layer_may_stay_float(model: keras.Model) -> None:
    ((_, content),) = convert(model, ["float32"], X)
    precision = Assignment(weights={"d": "float32", "c": "int8"})
    made = by_layer.quantized(content, ranges.of(content, X), precision)
    assert (5, 96) not in kernels(made)
    assert kernels(made)[(6, 3, 3, 3)] == INT8
    np.testing.assert_allclose(litert.predict(made, X), model.predict(X, verbose=0), atol=0.1)


def test_activations_of_int16_lose_next_to_nothing_and_microcontrollers_run_them(
    model: keras.Model,
) -> None:
    ready = on_grids(model, X, {})
    made = minify(mixed(ready, X, Assignment(activations="int16", weights={})))
    graph = schema.ModelT.InitFromPackedBuf(made, 0).subgraphs[0]
    ends = [graph.tensors[number].type for number in (*graph.inputs, *graph.outputs)]
    assert ends == [schema.TensorType.INT16] * 2
    found = litert.predict(made, X)
    wanted = ready.predict(X, verbose=0)
    np.testing.assert_allclose(found, wanted, atol=0.005)
    ((_, int8, _),) = convert_or_reason(model, ["int8"], X)
    assert np.abs(found - wanted).mean() < np.abs(litert.predict(int8, X) - wanted).mean() / 4
    ran = micro.run(made, X[:3], 1 << 20)
    np.testing.assert_allclose(ran.outputs, found[:3], atol=0.003)


def test_what_it_cannot_make_is_refused(model: keras.Model) -> None:
    ((_, content),) = convert(model, ["float32"], X)
    with pytest.raises(InputError, match="ai-edge-quantizer"):
        by_layer.quantized(content, {}, Assignment(weights={}))


def test_a_layer_is_found_by_the_batch_normalization_that_is_folded_into_it() -> None:
    layers = [
        L.Dense(5, use_bias=False, name="d"), L.BatchNormalization(), L.ReLU(),
        L.Dense(2, name="e"),
    ]  # fmt: skip
    model = keras.Sequential([L.Input(4), *layers])
    random_channels.randomize(model, np.random.default_rng(1))
    made = mixed(model, X[:, 0, 0, :1].repeat(4, 1), Assignment(weights={"d": "float32"}))
    assert kernels(made) == {(2, 5): INT8}


@pytest.mark.parametrize(
    ("layers", "taken", "given"),
    [(["c"], "FLOAT32", "INT8"), (["d"], "INT8", "INT8"), (["w", "e"], "INT8", "INT8")],
)
def test_a_file_takes_floats_where_its_first_layer_does(
    model: keras.Model, layers: list[str], taken: str, given: str
) -> None:
    """The last is a softmax, which has no weights."""
    made = mixed(model, X, Assignment(weights=dict.fromkeys(layers, "float32")))
    graph = schema.ModelT.InitFromPackedBuf(made, 0).subgraphs[0]
    ends = [graph.tensors[number].type for number in (*graph.inputs, *graph.outputs)]
    assert ends == [getattr(schema.TensorType, kind) for kind in (taken, given)]


def _types(model: keras.Model, layer: str) -> dict[tuple[int, ...], int]:
    x = np.random.default_rng(0).normal(size=(30, *model.input_shape[1:])).astype(np.float32)
    random_channels.randomize(model, np.random.default_rng(1))
    return kernels(mixed(model, x, Assignment(weights={layer: "float32"})))


def test_a_normalization_that_is_folded_forward_leaves_the_next_layer_its_name() -> None:
    for between in (L.Dropout(0.3), L.ReLU()):
        layers = [
            L.Dense(8, "relu", name="d"),
            between,
            L.BatchNormalization(),
            L.Dense(2, name="o"),
        ]
        assert _types(keras.Sequential([L.Input(6), *layers]), "o") == {(8, 6): INT8}


def test_a_layer_is_found_behind_several_normalizations_and_a_dropout() -> None:
    layers = [
        L.Conv2D(4, 3, name="c"), L.Dropout(0.5), L.BatchNormalization(), L.BatchNormalization(),
        L.ReLU(), L.Flatten(), L.Dense(2, name="o"),
    ]  # fmt: skip
    assert list(_types(keras.Sequential([L.Input((8, 8, 2)), *layers]), "c")) == [(2, 144)]


def test_names_that_are_parts_of_others_are_told_apart() -> None:
    """A slash, a layer called as the network is, and one called as a part of another's name."""
    given = L.Input(6)
    one = L.Dense(5, "relu", name="block/d")(given)
    two = L.Dense(4, "relu", name="block/e")(one)
    model = keras.Model(given, L.Dense(2, name="block")(two), name="block")
    assert (2, 4) not in _types(model, "block")
    assert _types(model, "block/d") == {(4, 5): INT8, (2, 4): INT8}


def test_a_layer_that_the_file_does_not_name_is_refused_and_is_no_int4_candidate() -> None:
    given = L.Input(6)
    shared = L.Dense(6, "relu", name="shared")
    model = keras.Model(given, L.Dense(2, name="out")(shared(shared(given))))
    assert of_all(model, "int4").weights == {"out": "int4"}
    with pytest.raises(InputError, match="'shared': the file does not tell which kernel"):
        _types(model, "shared")


def test_a_training_that_diverged_has_no_file_and_says_so() -> None:
    model = keras.Sequential([L.Input(6), L.Dense(4), L.Dense(1)])
    model.set_weights([weights * np.nan for weights in model.get_weights()])
    x = np.zeros((30, 6), np.float32)
    found = {kind: why for kind, _, why in convert_or_reason(model, ["int8", "int4"], x)}
    assert found["int8"] == ""
    assert "diverged" in found["int4"]
