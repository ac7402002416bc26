"""A user's trained file is checked as it will be read, and reads no other file."""

import io
import tempfile
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from own_project import save_with_lambda
from secateur.core.errors import InputError
from secateur.keras_io.backend import keras, tf
from secateur.keras_io.loadable import disallowed, registries, uncompiled
from secateur.network import trained_file

L = keras.layers


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
        trained_file.load(Path(name))


def test_a_full_disk_is_no_damage_of_the_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(1)]).save("good.keras")
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "tempdir", "/dev/null/nowhere")
        with pytest.raises(OSError, match="nowhere"):
            trained_file.load(Path("good.keras"))


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
        trained_file.load(Path("evil.keras"))


def _names(file: h5py.File) -> list[str]:
    found: list[str] = []
    file.visititems(lambda n, item: found.append(n) if isinstance(item, h5py.Dataset) else None)
    return found


@pytest.mark.filterwarnings("ignore::UserWarning")
class Subclassed(keras.Model):
    """Its calls are in no file."""

    def __init__(self) -> None:
        super().__init__()
        self.last = L.Dense(1)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return self.last(inputs * 2.0)


class OwnTraining(keras.Model):
    """A functional model that trains in a way of its own, which nobody else would follow."""

    def train_step(self, data: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", [Subclassed, OwnTraining])
@pytest.mark.parametrize("safe_mode", [True, False])
def test_a_subclassed_model_is_refused_with_what_works(
    here: Path, kind: type[keras.Model], safe_mode: bool
) -> None:
    inputs = L.Input((3,))
    model = kind(inputs, L.Dense(1)(inputs)) if kind is OwnTraining else kind()
    x = np.ones((2, 3), np.float32)
    before = model(x).numpy()
    model.save("mine.keras")
    model.save("mine", save_format="tf")
    model.save_weights("mine_weights.h5")
    for name in ("mine.keras", "mine", "mine_weights.h5"):
        with pytest.raises(InputError, match=r"subclassed model.*tf_keras\.Model\(x, model\.call"):
            trained_file.load(Path(name), safe_mode)
    given = keras.layers.Input((3,))
    keras.Model(given, model.call(given)).save("good.h5")
    np.testing.assert_array_equal(trained_file.load(Path("good.h5"))(x), before)


def test_what_keras_itself_writes_is_read_back_from_both_kinds_of_files(tmp_path: Path) -> None:
    """Operations between layers, mixed precision, every initializer, regularizer, constraint."""
    inputs = L.Input((4,))
    half = L.Dense(
        4, "relu", dtype="mixed_float16", name="half",
        kernel_regularizer=keras.regularizers.OrthogonalRegularizer(),
    )(inputs)  # fmt: skip
    x = L.Dense(4, L.LeakyReLU(), kernel_constraint="max_norm")(inputs)
    x = x - 0.5 * tf.cast(half, "float32")
    x = tf.nn.relu(x[:, 1:3] / 2) + x[:, 2:]
    x = L.Normalization(mean=np.ones(2), variance=np.full(2, 4.0))(x)
    names = {name for name, cls in registries()["keras.initializers"].items()}
    arguments = {"Constant": [0.5], "Identity": [0.5]}
    for name in sorted(names - {"Initializer", "VarianceScaling"}):
        made = getattr(keras.initializers, name)(*arguments.get(name, []))
        x = L.Dense(2, "tanh", kernel_initializer=made, name=f"i_{name}")(x)
    for name in ("NonNeg", "UnitNorm", "MinMaxNorm"):
        made = getattr(keras.constraints, name)()
        x = L.Dense(2, kernel_constraint=made, name=f"c_{name}")(x)
    model = keras.Model(inputs, x)
    plain = keras.models.clone_model(
        model,
        clone_function=lambda layer: type(layer).from_config(
            {**layer.get_config(), **({"dtype": "float32"} if layer.name == "half" else {})}
        ),
    )
    plain.set_weights(model.get_weights())
    rows = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    for name in ("m.h5", "m.keras"):
        model.save(tmp_path / name)
        loaded = trained_file.load(tmp_path / name)
        assert {layer.compute_dtype for layer in loaded.layers} == {"float32"}
        # Not `model`: oneDNN, held to AVX2, multiplies no float16 on processors that can, and dies.
        np.testing.assert_array_equal(loaded(rows), plain(rows))


@pytest.mark.parametrize("safe_mode", [True, False])
@pytest.mark.parametrize("name", ["m.h5", "m.keras", "m"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_nothing_that_a_nested_model_was_compiled_with_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, safe_mode: bool
) -> None:
    """Not at any depth: a user wraps a model that was trained, and wraps that again."""
    rows = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    model = keras.Sequential([L.Input((4,)), L.Dense(3, "softmax")])
    for scale in (0.5, 3.0):
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.fit(rows, np.zeros(5), verbose=0)
        inputs = L.Input((4,))
        model = keras.Model(inputs, model(L.Rescaling(scale)(inputs)))
    model.save(tmp_path / name)

    def made(*_: object) -> None:
        raise AssertionError("compiled")

    monkeypatch.setattr(keras.Model, "compile", made)
    monkeypatch.setattr(keras.Model, "compile_from_config", made)
    monkeypatch.setattr(keras.optimizers.Adam, "from_config", made)
    loaded = trained_file.load(tmp_path / name, safe_mode)
    np.testing.assert_array_equal(loaded(rows), model(rows))


def test_code_beside_what_a_nested_model_was_compiled_with_is_refused() -> None:
    """Only what Keras reads as such a thing is dropped before the rest is checked."""
    own = {"class_name": "Mine", "config": {}}
    nested = {"class_name": "Functional", "config": {"layers": []}, "compile_config": own}
    assert disallowed(uncompiled({"layers": [nested]})) == []
    assert disallowed(uncompiled({"layers": [{"compile_config": own}]})) == ["Mine"]
    assert disallowed(uncompiled({"layers": [{**nested, "build_config": own}]})) == ["Mine"]
