"""From a user's own data and model to the size_table and the report: every stage, tiny settings."""

import functools
import hashlib
import http.server
import importlib
import io
import json
import runpy
import threading
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from ai_edge_litert.interpreter import Interpreter
from ruamel.yaml import YAML

from conftest import Repository, ran, write_params
from import_graph import ROOT
from secateur.keras_io import pretrained
from secateur.keras_io.backend import keras
from secateur.data import encoding
from secateur.core.errors import InputError

STAGES = [
    "check_params", "generate_data", "split", "build_model", "check_recipes", "train_baseline",
    "prune", "strip", "shrink", "cluster", "convert", "trade_off", "evaluate", "measure_sizes",
    "report",
]  # fmt: skip
DENSE = [{"type": "Dense", "units": 8, "activation": "relu"}]


def tiny(params: dict[str, Any]) -> dict[str, Any]:
    """The same parameters, with few seeds and epochs."""
    params["seeds"] = params["seeds"][:2]
    params["train_baseline"]["epochs"] = 4
    for recipe in params["recipes"].values():
        recipe["epochs"] = 4
        if "schedule" in recipe:
            recipe["schedule"] |= {"begin_step": 0, "end_step": 8, "frequency": 4}
    params["trade_off"] |= {"sparsities": [0.5], "epochs": 3, "ramp_epochs": 2}
    return params


def example(name: str) -> dict[str, Any]:
    return tiny(YAML(typ="safe").load(ROOT / "examples" / name / "params.yaml"))


def own(**sections: Any) -> dict[str, Any]:
    """The diabetes example's parameters with other data."""
    params = example("diabetes")
    del params["recipes"]["most"]
    return {**params, **sections}


def run_all(params: dict[str, Any], without: Collection[str] = ()) -> None:
    write_params(Path(), params)
    for stage in (stage for stage in STAGES if stage not in without):
        module = importlib.import_module(stage)
        for args in [[name] for name in params["recipes"]] if stage == "prune" else [[]]:
            module.main(*args)


def read(name: str) -> Any:
    return json.loads(Path(f"metrics/{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def wine(rows: int = 240) -> pd.DataFrame:
    """Like the well-known wine table: numbers, a text column, missing cells, a graded quality."""
    random = np.random.default_rng(4)
    frame = pd.DataFrame({
        "fixed acidity": random.normal(8, 1.5, rows).round(1),
        "alcohol": random.normal(10.4, 1.1, rows).round(1),
        "colour": random.choice(["red", "white", "rosé"], rows),
    })  # fmt: skip
    grade = frame["alcohol"] - 10.4 + (frame["colour"] == "red") + random.normal(0, 0.4, rows)
    frame["quality"] = pd.cut(grade, [-99, -0.2, 0.9, 99], labels=[5, 6, 7]).astype(int)
    frame.loc[random.choice(rows, 12, replace=False), "alcohol"] = np.nan
    return frame


def test_a_table_with_text_and_missing_cells_goes_to_the_ladder_by_parameters_alone(
    here: Path,
) -> None:
    Path("data").mkdir()
    frame = wine()
    Path("data/wine.csv").write_text(frame.to_csv(index=False, sep=";"), encoding="utf-8")
    data = {"source": "data/wine.csv", "target": "quality", "separator": ";", "missing": "impute"}
    run_all(own(task="multiclass", data=data))
    evaluation, sizes = read("evaluation"), read("sizes")
    baseline = evaluation["baseline"]["stripped"]
    assert {"log_loss", "d2_log_loss", "accuracy", "roc_auc", "f1"} < baseline.keys()
    assert sizes["half"]["minified_float32"]["gzip_bytes"]["median"] < 2000
    assert sizes["half"]["minified_float32"]["difference"]["max"] < 1e-5
    assert "log loss" in Path("metrics/report.md").read_text()
    assert "colour=red" in Path("metrics/report.md").read_text()
    # The file that ships, used as the README has it: raw rows in, classes out.
    raw = frame.head(20).drop(columns="quality")
    how = encoding.read(Path("models/encoding.json"))
    columns = json.loads(Path("models/compacted/inputs.json").read_text())["half"]["1"]
    model = Interpreter("models/tflite/half/minified_float32/seed_1.tflite")
    x = how.inputs(raw)[:, columns]
    model.resize_tensor_input(model.get_input_details()[0]["index"], x.shape)
    model.allocate_tensors()
    model.set_tensor(model.get_input_details()[0]["index"], x)
    model.invoke()
    shares = model.get_tensor(model.get_output_details()[0]["index"])
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert set(how.outputs(shares)) <= {5, 6, 7}


class Served(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, with the header by which DVC sees that one has changed."""

    def end_headers(self) -> None:
        content = Path(self.translate_path(self.path)).read_bytes()
        self.send_header("ETag", f'"{hashlib.md5(content).hexdigest()}"')
        super().end_headers()

    def log_message(self, *args: Any) -> None:
        pass


def test_dvc_follows_a_file_at_an_address(
    tmp_path: Path, make_repository: Callable[[str, dict[str, Any]], Repository]
) -> None:
    (tmp_path / "wine.csv").write_text(wine().to_csv(index=False), encoding="utf-8")
    handler = functools.partial(Served, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        source = f"http://127.0.0.1:{server.server_port}/wine.csv"
        data = {"source": source, "target": "quality", "missing": "drop"}
        repository = make_repository("url", own(task="multiclass", data=data))
        assert "split" in ran(repository.run("dvc", "repro", "split"))
        assert json.loads(repository.text("data/shape.json"))["outputs"] == 3
        assert ran(repository.run("dvc", "repro", "split")) == []
        (tmp_path / "wine.csv").write_text(wine(200).to_csv(index=False), encoding="utf-8")
        assert ran(repository.run("dvc", "repro", "split")) == ["split"]
        server.shutdown()


def test_the_digits_example(here: Path) -> None:
    example_data("digits", here)
    params = example("digits")
    run_all(params)
    sizes = read("sizes")["whole"]
    assert sizes["minified_int8"]["gzip_bytes"]["median"] < sizes["minified_float32"]["gzip_bytes"]["median"]  # fmt: skip  # noqa: E501
    sparsity = read("evaluation")["whole"]["stripped"]["sparsity"]
    assert sparsity["conv_1"]["median"] == pytest.approx(0.6, abs=0.01)
    dense = read("evaluation")["dense_layers"]["stripped"]["sparsity"]
    assert dense["conv_1"]["median"] == 0
    assert dense["hidden_1"]["median"] == pytest.approx(0.8, abs=0.01)
    # 16 filters of 3 × 3 at 6 × 6 places, then 144 × 64 and 64 × 10 weights.
    assert sizes["stripped"]["macs"]["median"] == 16 * 9 * 36 + 144 * 64 + 640
    assert sizes["stripped_float32"]["macs"]["median"] == sizes["stripped"]["macs"]["median"]
    assert read("evaluation")["baseline"]["stripped"]["accuracy"]["median"] > 0.6


def test_the_diabetes_example(here: Path) -> None:
    example_data("diabetes", here)
    run_all(example("diabetes"))
    scores = read("evaluation")["half"]["stripped"]
    assert {"mse", "mae", "r2"} < scores.keys()
    assert "sex=a" in Path("metrics/report.md").read_text()


def example_data(name: str, folder: Path) -> None:
    """As `make example` begins."""
    runpy.run_path(str(ROOT / "examples/run.py"))["prepare"](name, folder)


def table(here: Path) -> dict[str, Any]:
    """A binary problem in a file, and the section that reads it."""
    random = np.random.default_rng(0)
    x = random.normal(size=(150, 3)).round(3)
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    frame["sick"] = np.where(x[:, 0] + x[:, 1] > 0, "yes", "no")
    frame.to_parquet(here / "own.parquet", index=False)
    return {"source": "own.parquet", "target": "sick"}


def save(model: keras.Model, name: str) -> None:
    if name.endswith((".h5", ".keras")):
        model.save(name)
    else:
        model.save(name, save_format="tf")


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["mine.h5", "mine.keras", "mine"])
def test_a_trained_model_is_the_baseline(here: Path, name: str) -> None:
    data = table(here)
    model = keras.Sequential([
        keras.layers.Input((3,)), keras.layers.Dense(6, "tanh"), keras.layers.Dropout(0.1),
        keras.layers.Dense(1, "sigmoid"),
    ])  # fmt: skip
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    frame = pd.read_parquet("own.parquet")
    x, y = frame[["a", "b", "c"]].to_numpy(np.float32), (frame["sick"] == "yes").to_numpy(float)
    model.fit(x, y, epochs=20, verbose=0)
    save(model, name)
    params = own(task="binary", data=data, model={"source": name, "trust": False})
    if name != "mine.h5":
        write_params(here, params)
        for stage in STAGES[:6]:
            importlib.import_module(stage).main()
    else:
        run_all(params)
        assert read("evaluation")["baseline"]["epochs"]["seeds"] == {"0": 0, "1": 0}
        assert "trained elsewhere" in Path("metrics/report.md").read_text()
        assert "may have seen these rows" in Path("metrics/report.md").read_text()
    for seed in (0, 1):
        kept = keras.models.load_model(f"models/baseline/seed_{seed}.h5", compile=False)
        for one, other in zip(kept.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
        fresh = keras.models.load_model(f"models/initial/seed_{seed}.h5", compile=False)
        assert not np.array_equal(fresh.get_weights()[0], model.get_weights()[0])


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_trained_model_that_knows_nothing_is_refused_before_any_training(here: Path) -> None:
    model = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1, "sigmoid")])
    model.set_weights([np.array([[-9.0], [-9], [0]]), np.zeros(1)])
    model.save("mine.h5")
    build(here, {"source": "mine.h5"})()
    with pytest.raises(InputError, match=r"model\.source: .* log loss is .* data\.standardize"):
        importlib.import_module("train_baseline").main()
    assert not Path("models/baseline").exists()


BUILDER = """
from tf_keras import layers, Sequential

def build_model(input_shape, outputs, width=4):
    return Sequential([
        layers.Input(input_shape), layers.Dense(width, "relu"), layers.BatchNormalization(),
        layers.Dense(outputs, "sigmoid"),
    ])
"""


def test_a_function_builds_the_model(here: Path) -> None:
    (here / "mine_a").mkdir()
    (here / "mine_a/nets.py").write_text(BUILDER)
    model = {
        "source": "mine_a", "builder": "mine_a.nets:build_model", "params": {"width": 7},
        "trust": False,
    }  # fmt: skip
    # What follows from the files is the same for every model.
    without = ("cluster", "trade_off", "measure_sizes", "report")
    run_all(own(task="binary", data=table(here), model=model), without)
    kernels = read("evaluation")["half"]["stripped"]["sparsity"]
    assert {"dense", "dense_1", "kernels", "model"} == kernels.keys()
    assert kernels["dense"]["median"] == pytest.approx(0.5, abs=0.03)
    assert not list(here.glob("mine_a/__pycache__"))  # DVC would take it for a change


def build(here: Path, model: dict[str, Any], **more: Any) -> Callable[[], None]:
    """What runs the stages up to the one that builds the model."""
    write_params(
        here, own(task="binary", data=table(here), model={"trust": False, **model}, **more)
    )

    def run() -> None:
        for stage in STAGES[:5]:
            importlib.import_module(stage).main()

    return run


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
        ("return K.Sequential([L.Input(s), L.Dense(o)])", ["no probabilities", "sigmoid"]),
        ("return K.Sequential([L.Input(s), L.Lambda(lambda x: x), L.Dense(o, 'sigmoid')])",
         ["Lambda", "model.trust"]),
        ("return K.Sequential([L.Input(s), L.Dense(o, 'sigmoid', name='model')])", ["'model'"]),
        ("return K.Sequential([L.Input(s), L.Reshape((3, 1)), L.LSTM(2), L.Dense(o, 'sigmoid')])",
         ["no TFLite file can hold this model"]),
        ("return K.Sequential([L.Input(s), L.Dense(o, 'sigmoid', dtype='float64')])", ["float64"]),
        ("import helper_of_mine", ["helper_of_mine.py", "model.source"]),
    ],
)  # fmt: skip
def test_refuses_what_a_function_gives(
    here: Path, request: pytest.FixtureRequest, body: str, words: list[str]
) -> None:
    package = f"mine_{abs(hash(request.node.name))}"
    (here / package).mkdir()
    (here / "helper_of_mine.py").write_text("")
    lines = ["import tf_keras as K; L = K.layers", "def net(s, o):", f"    {body}"]
    if "helper" in body:
        lines.append("    return K.Sequential([L.Input(s), L.Dense(o, 'sigmoid')])")
    (here / package / "nets.py").write_text("\n".join(lines) + "\n")
    with pytest.raises(InputError) as refusal:
        build(here, {"source": package, "builder": f"{package}.nets:net"})()
    message = str(refusal.value)
    assert all(word in message for word in ["model.builder", *words]), message
    assert not Path("models/initial").exists()


def test_names_a_layer_that_tfmot_cannot_prune_and_how_to_leave_it_out(here: Path) -> None:
    Path("mine_apart.py").write_text(
        "import tf_keras as K; L = K.layers\n"
        "def net(s, o):\n"
        "    return K.Sequential([L.Input(s), L.Reshape((3, 1)),\n"
        "                         L.SeparableConv1D(4, 2, name='apart'),\n"
        "                         L.Flatten(), L.Dense(5, 'relu', name='mix'),\n"
        "                         L.Dense(o, 'sigmoid')])\n"
    )
    with pytest.raises(InputError) as refusal:
        build(here, {"source": "mine_apart.py", "builder": "mine_apart:net"})()
    message = str(refusal.value)
    assert "recipes.half.scope: layer 'apart' (SeparableConv1D) cannot be pruned" in message
    assert "as in scope: [mix, dense]" in message


def save_with_lambda(name: str) -> None:
    model = keras.Sequential([
        keras.layers.Input((3,)), keras.layers.Lambda(lambda x: x * 2.0),
        keras.layers.Dense(1, "sigmoid"),
    ])  # fmt: skip
    save(model, name)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["both.h5", "both.KERAS", "both"])
def test_what_is_checked_is_what_is_loaded(here: Path, name: str) -> None:
    """A file that is both HDF5, with code in it, and a harmless zip."""
    save_with_lambda("bad.h5")
    keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)]).save("good.keras")
    Path("bad.h5").rename(name)
    with zipfile.ZipFile("good.keras") as good, zipfile.ZipFile(name, "a") as both:
        for member in good.namelist():
            both.writestr(member, good.read(member))
    with pytest.raises(InputError, match="refused to load Lambda"):
        pretrained.load(Path(name))


def test_a_keras_file_reads_no_other_file(here: Path) -> None:
    keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(4)]).save("good.keras")
    Path("secret").write_bytes(bytes(48))
    with zipfile.ZipFile("good.keras") as good:
        members = {name: good.read(name) for name in good.namelist()}
    weights = io.BytesIO(members["model.weights.h5"])
    with h5py.File(weights, "a") as file:
        (kernel,) = [n for n in _names(file) if file[n].shape == (3, 4)]
        del file[kernel]
        file.create_dataset(kernel, (3, 4), "f4", external=[(str(here / "secret"), 0, 48)])
    with zipfile.ZipFile("evil.keras", "w") as evil:
        for name, content in {**members, "model.weights.h5": weights.getvalue()}.items():
            evil.writestr(name, content)
    with pytest.raises(InputError, match=r"evil\.keras: refused to load .* \(stored in another"):
        pretrained.load(Path("evil.keras"))


def _names(file: h5py.File) -> list[str]:
    found: list[str] = []
    file.visititems(lambda n, item: found.append(n) if isinstance(item, h5py.Dataset) else None)
    return found


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["mine.h5", "mine.keras"])
def test_a_file_with_code_of_its_own_needs_trust(here: Path, name: str) -> None:
    save_with_lambda(name)
    with pytest.raises(InputError, match=r"refused to load Lambda, .*model\.trust: true"):
        build(here, {"source": name})()
    assert not Path("models/initial").exists()
    build(here, {"source": name, "trust": True})()
    assert Path("models/initial/trained.h5").exists()


def test_keras_3_is_refused_and_the_way_to_convert_it_works(here: Path) -> None:
    import keras as keras_3

    model = keras_3.Sequential(
        [keras_3.layers.Input((3,)), keras_3.layers.Dense(1, activation="sigmoid")]
    )
    model.save("new.keras")
    with pytest.raises(InputError, match=r"new\.keras: a model of Keras 3\.\S+; tfmot prunes"):
        build(here, {"source": "new.keras"})()
    np.savez("weights.npz", *model.get_weights())
    twin = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1, "sigmoid")])
    twin.set_weights(list(np.load("weights.npz").values()))
    twin.save("old.keras")
    build(here, {"source": "old.keras"})()
    x = np.ones((2, 3), np.float32)
    np.testing.assert_allclose(twin(x), np.asarray(model(x)), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("gone.h5", None, "not found"),
        ("bad.h5", b"no model", "damaged or no Keras model"),
        ("bad.keras", b"PK\x03\x04", "damaged or no Keras model"),
        ("folder", "", "without saved_model.pb"),
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
        build(here, {"source": name})()


def test_dropout_repeats_whatever_was_trained_before(here: Path) -> None:
    """Keras's own random numbers are fixed by no seed once XLA has compiled them."""
    Path("mine_noisy.py").write_text(
        "import tf_keras as K; L = K.layers\n"
        "def net(s, o):\n"
        "    inner = K.Sequential([L.Dense(4, 'relu'), L.Dropout(0.5)], name='inner')\n"
        "    return K.Sequential([L.Input(s), L.Dropout(0.5), inner, L.Dense(4, name='mix'),\n"
        "                         L.Dense(o, 'sigmoid')])\n"
    )
    model = {"source": "mine_noisy.py", "builder": "mine_noisy:net", "trust": False}
    weights = []
    for seeds in ([0, 1], [1]):
        params = own(task="binary", data=table(here), model=model, seeds=seeds)
        params["recipes"]["half"]["scope"] = ["mix"]
        write_params(here, params)
        for stage in STAGES[:5]:
            importlib.import_module(stage).main()
        importlib.import_module("train_baseline").main()
        weights.append(keras.models.load_model("models/baseline/seed_1.h5").get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)
