"""A user's function or trained model goes through the stages, or is refused before training."""

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from own_project import STAGES, build, own, read, run_all, save, save_with_lambda, table
from project import write_params
from secateur.arrays import encoding, parts
from secateur.core.errors import InputError
from secateur.evaluate import litert
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["network/mine.h5", "network/mine.keras", "network/mine"])
def test_a_trained_model_is_the_baseline(here: Path, name: str) -> None:
    data = table(here)
    model = keras.Sequential([
        keras.layers.Input((3,)), keras.layers.Dense(6, "tanh"), keras.layers.Dropout(0.1),
        keras.layers.Dense(1, "sigmoid"),
    ])  # fmt: skip
    frame = pd.read_parquet("own.parquet")
    x, y = frame[["a", "b", "c"]].to_numpy(np.float32), (frame["sick"] == "yes").to_numpy(float)
    section: dict[str, Any] = {"file": name}
    if name == "network/mine.keras":
        ends = [keras.layers.Input((1,), name="left"), keras.layers.Input((2,), name="right")]
        model = keras.Model(ends, model(keras.layers.Concatenate()(ends)))
        x, section["inputs"] = [x[:, 2:], x[:, :2]], {"right": ["a", "b"], "left": ["c"]}
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    model.fit(x, y, epochs=20, verbose=0)
    save(model, name)
    params = own(task="binary", data=data, model=section)
    if name != "network/mine.h5":
        write_params(here, params)
        for stage in STAGES[:6]:
            importlib.import_module(stage).main()
    else:
        run_all(params)
        assert read("evaluation")["baseline"]["epochs"]["seeds"] == {"0": 0, "1": 0}
        assert "trained elsewhere" in Path("metrics/report.md").read_text()
        assert "may have seen these rows" in Path("metrics/report.md").read_text()
    for seed in (0, 1):
        kept = keras.models.load_model(f"models/trained/baseline/seed_{seed}.h5", compile=False)
        for one, other in zip(kept.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
        assert kept.input_shape == (None, 3)
        fresh = keras.models.load_model(f"models/trained/initial/seed_{seed}.h5", compile=False)
        assert not np.array_equal(fresh.get_weights()[0], model.get_weights()[0])


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_trained_model_that_knows_nothing_is_refused_before_any_training(here: Path) -> None:
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1, "sigmoid")])
    model.set_weights([np.array([[-9.0], [-9], [0]]), np.zeros(1)])
    model.save("network/mine.h5")
    build(here, {"file": "network/mine.h5"})()
    with pytest.raises(InputError, match=r"model\.file: .* log loss .* data\.standardize"):
        importlib.import_module("train_baseline").main()
    assert not Path("models/trained/baseline").exists()


BUILDER = """
from tf_keras import layers, Model

def build_model(shapes, outputs, width=4):
    style, rest = (layers.Input(shapes[name], name=name) for name in ("style", "rest"))
    one = layers.BatchNormalization()(layers.Dense(width, "relu", name="one")(style))
    both = layers.Concatenate()([one, layers.Dense(4, "relu", name="other")(rest)])
    return Model([rest, style], layers.Dense(outputs, "sigmoid")(both))
"""


def test_a_function_builds_a_model_that_takes_a_table_by_several_inputs(here: Path) -> None:
    (here / "network/mine_a.py").write_text(BUILDER)
    data = table(here)
    frame = pd.read_parquet("own.parquet")
    frame.insert(1, "color", np.resize(["red", "blue", "green", "blue"], len(frame)))
    frame.to_parquet("own.parquet", index=False)
    inputs = {"style": ["c", "color"], "rest": ["a", "b"]}
    model = {"build": "network/mine_a.py", "params": {"width": 7}, "inputs": inputs}
    # What follows from the files is the same for every model.
    without = ("trade_off", "measure_sizes", "measure_costs", "report")
    params = own(task="binary", data={**data, "standardize": False}, model=model, seeds=[0])
    run_all(params, without)
    kernels = read("evaluation")["half"]["stripped"]["sparsity"]
    assert {"one", "other", "dense", "kernels", "model"} == kernels.keys()
    assert kernels["one"]["median"] == pytest.approx(0.5, abs=0.03)
    assert not list(here.glob("network/__pycache__"))  # DVC would take it for a change

    learned = encoding.read("models/encoding.json")
    rows = parts.read(Path("data/split/test"), learned).rows().x[:]
    assert encoding.feature_names(learned) == [
        "a", "color=blue", "color=green", "color=red", "b", "c",
    ]  # fmt: skip
    kept = h5_files.load(Path("models/stripped/half/seed_0.h5"))
    for name, numbers in {"one": [5, 1, 2, 3], "other": [0, 4]}.items():
        given = keras.Model(kept.input, kept.get_layer(name).input)(rows)
        np.testing.assert_array_equal(given, rows[:, numbers])
    file = Path("models/tflite/half/minified_float32/seed_0.tflite").read_bytes()
    np.testing.assert_allclose(litert.predict(file, rows), kept(rows), atol=1e-6)


def test_inputs_are_refused_with_what_to_write_before_the_network_is_tried(here: Path) -> None:
    left, right = keras.layers.Input((1,), name="left"), keras.layers.Input((2,), name="right")
    both = keras.layers.Concatenate()([left, right])
    keras.Model([left, right], keras.layers.Dense(1, "sigmoid")(both)).save("network/two.keras")
    model = {"file": "network/two.keras"}
    with pytest.raises(InputError, match=r"inputs: \{left: \[a\], right: \[b, c\]\}, if that"):
        build(here, model)()
    inputs = {"left": ["a"], "right": ["b", "d"]}
    with pytest.raises(InputError, match=r"params\.yaml: model\.inputs\.right: 'd'.* a, b, c"):
        build(here, {**model, "inputs": inputs})()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("1 / 0", ["line 3", "ZeroDivisionError"]),
        ("return 3", ["gives a builtins.int", "tf_keras.Model"]),
        ("import keras; return keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)])",
         ["Keras 3", "import tf_keras"]),
        ("m = K.Sequential([L.Input(s), L.Dense(o, 'sigmoid')]); m.compile(); return m",
         ["compiled", "leave out model.compile"]),
        ("return K.Sequential([L.Input(s), L.Dense(2, 'sigmoid')])", ["gives (2,)", "(1,)"]),
        ("return K.Sequential([L.Input((4,)), L.Dense(o, 'sigmoid')])", ["takes (4,)"]),
        ("return K.Sequential([L.Dense(o, 'sigmoid')])", ["without an input shape"]),
        ("return K.Sequential([L.Input(s), L.Dense(o)])", ["probabilities", "sigmoid"]),
        ("return K.Sequential([L.Input(s), L.Lambda(lambda x: x), L.Dense(o, 'sigmoid')])",
         ["Lambda", "model.safe_mode"]),
        ("return K.Sequential([L.Input(s), L.Reshape((1, 3, 1, 1)), L.MaxPooling3D(1),\n"
         "        L.Flatten(), L.Dense(o, 'sigmoid')])",
         ["layer 'max_pooling3d", "Conv3D", "logs/"]),
        ("return K.Sequential([L.Input(s), L.Dense(o, 'sigmoid', dtype='float64')])", ["float64"]),
        ("import helper_of_mine", ["helper_of_mine.py", "network/"]),
    ],
)  # fmt: skip
def test_refuses_what_a_function_gives(
    here: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    words: list[str],
) -> None:
    name = f"mine_{abs(hash(request.node.name))}"
    (here / "helper_of_mine.py").write_text("")
    monkeypatch.syspath_prepend(str(here))
    lines = ["import tf_keras as K; L = K.layers", "def net(s, o):", f"    {body}"]
    if "helper" in body:
        lines.append("    return K.Sequential([L.Input(s), L.Dense(o, 'sigmoid')])")
    (here / f"network/{name}.py").write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError) as refusal:
        build(here, {"build": f"network/{name}.py:net"})()
    message = str(refusal.value)
    assert all(word in message for word in ["model.build", *words]), message
    assert not Path("models/trained/initial").exists()


def test_names_a_layer_that_tfmot_cannot_prune_and_how_to_leave_it_out(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("network/mine_apart.py").write_text(
        "import tf_keras as K; L = K.layers\n"
        "def net(s, o):\n"
        "    return K.Sequential([L.Input(s), L.Reshape((3, 1)),\n"
        "                         L.DepthwiseConv1D(2, name='apart'),\n"
        "                         L.Flatten(), L.Dense(5, 'relu', name='mix'),\n"
        "                         L.Dense(o, 'sigmoid')])\n"
    )
    recipe = {"start": "baseline", "scope": ["apart", "mix"], "epochs": 1, "patience": None}
    recipe["schedule"] = {"type": "ConstantSparsity", "target_sparsity": 0.5, "begin_step": 0,
                          "frequency": 1}  # fmt: skip
    with pytest.raises(InputError) as refusal:
        build(here, {"build": "network/mine_apart.py:net"}, recipes={"half": recipe})()
    message = str(refusal.value)
    assert "recipes.half.scope: layer 'apart' (DepthwiseConv1D) cannot be pruned" in message
    assert "as in scope: [mix]" in message
    build(here, {"build": "network/mine_apart.py:net"})()  # its scope is whole
    said = capsys.readouterr().out
    assert "left whole, as tfmot cannot prune them: apart (DepthwiseConv1D)" in said


def test_a_recipe_may_name_a_layer_as_the_user_does(here: Path) -> None:
    """Files and metrics need another name than `mix/a`; `models/layers.json` knows both."""
    Path("network/mine_named.py").write_text(
        "import tf_keras as K; L = K.layers\n"
        "def net(s, o):\n"
        "    x = L.Input(s)\n"
        "    y = L.Dense(6, 'relu', name='mix/a')(x)\n"
        "    y = L.Dense(5, 'relu', name='rest')(y)\n"
        "    return K.Model(x, L.Dense(o, 'sigmoid')(y))\n"
    )
    model = {"build": "network/mine_named.py:net"}
    params = own(task="binary", data=table(here), model=model, seeds=[0])
    params["recipes"]["half"]["scope"] = ["mix/*"]
    run_all(params, without=["convert", "trade_off", "measure_sizes", "measure_costs", "report"])
    half = read("evaluation")["half"]
    assert half["target"]["mix.a"] == params["recipes"]["half"]["schedule"]["final_sparsity"]
    assert half["target"]["rest"] == 0
    assert half["stripped"]["sparsity"]["mix.a"]["median"] == pytest.approx(0.5, abs=0.05)
    assert half["stripped"]["sparsity"]["rest"]["median"] == 0


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["network/mine.h5", "network/mine.keras"])
def test_a_file_with_code_of_its_own_needs_safe_mode_off(here: Path, name: str) -> None:
    save_with_lambda(name)
    with pytest.raises(InputError, match=r"refused to load Lambda, .*model\.safe_mode: false"):
        build(here, {"file": name})()
    assert not Path("models/trained/initial").exists()
    build(here, {"file": name, "safe_mode": False})()
    assert Path("models/trained/initial/pretrained.h5").exists()


def test_keras_3_is_refused_and_the_way_to_convert_it_works(here: Path) -> None:
    import keras as keras_3

    model = keras_3.Sequential(
        [keras_3.layers.Input((3,)), keras_3.layers.Dense(1, activation="sigmoid")]
    )
    model.save("network/new.keras")
    with pytest.raises(InputError, match=r"new\.keras: .*Keras 3\.\S+; tfmot prunes"):
        build(here, {"file": "network/new.keras"})()
    np.savez("weights.npz", *model.get_weights())
    twin = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1, "sigmoid")])
    twin.set_weights(list(np.load("weights.npz").values()))
    twin.save("network/old.keras")
    build(here, {"file": "network/old.keras"})()
    x = np.ones((2, 3), np.float32)
    np.testing.assert_allclose(twin(x), np.asarray(model(x)), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("network/gone.h5", None, "not found"),
        ("network/bad.h5", b"no model", "Keras model"),
        ("network/bad.keras", b"PK\x03\x04", "Keras model"),
        ("network/folder", "", "without saved_model.pb"),
    ],
)
def test_refuses_a_file_that_is_no_model(
    here: Path, name: str, content: bytes | str | None, words: str
) -> None:
    if content == "":
        Path(name).mkdir()
    elif content:
        Path(name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        build(here, {"file": name})()


def test_dropout_repeats_whatever_was_trained_before(here: Path) -> None:
    """Keras's own random numbers are fixed by no seed once XLA has compiled them."""
    Path("network/mine_noisy.py").write_text(
        "import tf_keras as K; L = K.layers\n"
        "def net(s, o):\n"
        "    inner = K.Sequential([L.Dense(4, 'relu'), L.Dropout(0.5)], name='inner')\n"
        "    return K.Sequential([L.Input(s), L.Dropout(0.5), inner, L.Dense(4, name='mix'),\n"
        "                         L.Dense(o, 'sigmoid')])\n"
    )
    model = {"build": "network/mine_noisy.py:net"}
    weights = []
    for seeds in ([0, 1], [1]):
        params = own(task="binary", data=table(here), model=model, seeds=seeds)
        params["recipes"]["half"]["scope"] = ["mix"]
        write_params(here, params)
        for stage in STAGES[:5]:
            importlib.import_module(stage).main()
        importlib.import_module("train_baseline").main()
        weights.append(keras.models.load_model("models/trained/baseline/seed_1.h5").get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
