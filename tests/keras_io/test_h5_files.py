"""Keras files are saved whole and alike, and loading one runs nothing that it brings."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from secateur.compress import pruning
from secateur.core.errors import InputError
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.recipes.recipe import Recipe
from small_networks import dense, network


@pytest.fixture
def model() -> keras.Model:
    return network(dense(4, output="relu"), 3)


@pytest.fixture
def wrapped(model: keras.Model) -> keras.Model:
    schedule = {"type": "ConstantSparsity", "target_sparsity": 0.5}
    recipe = Recipe(start="initial", scope="whole", schedule=schedule, epochs=1, patience=1)
    return pruning.wrap(model, recipe)


def test_gives_back_what_was_saved_without_its_optimizer(
    model: keras.Model, wrapped: keras.Model, tmp_path: Path
) -> None:
    for saved in (model, wrapped):
        saved.compile("adam", "mse")
        saved.train_on_batch(np.ones((2, 3)), np.ones(2)) if saved is model else None
        h5_files.save(tmp_path / "m.h5", saved)
        loaded = h5_files.load(tmp_path / "m.h5")
        assert loaded.optimizer is None
        assert loaded.count_params() == saved.count_params()
        assert type(loaded.layers[0]) is type(saved.layers[0])
        for ours, theirs in zip(loaded.variables, saved.variables, strict=True):
            np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
        with h5py.File(tmp_path / "m.h5") as file:
            assert list(file) == ["model_weights"]


def test_the_bytes_of_a_file_repeat(wrapped: keras.Model, tmp_path: Path) -> None:
    for name in ("a.h5", "b.h5"):
        h5_files.save(tmp_path / name, wrapped)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_refuses_missing_and_damaged_files(model: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    with pytest.raises(InputError, match=r"m\.h5: not found"):
        h5_files.load(path)
    h5_files.save(path, model)
    whole = path.read_bytes()
    for damaged in (b"", b"no model", whole[: len(whole) // 2], whole[:-100]):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"m\.h5: damaged"):
            h5_files.load(path)
    path.write_bytes(whole)
    with h5py.File(path, "a") as file:
        del file["model_weights"]["hidden_1"]
    with pytest.raises(InputError, match=r"m\.h5: damaged"):
        h5_files.load(path)


def rewrite(path: Path, change: Any) -> None:
    with h5py.File(path, "a") as file:
        config = json.loads(file.attrs["model_config"])
        change(config["config"]["layers"])
        file.attrs["model_config"] = json.dumps(config)


def test_never_runs_what_a_file_brings_along(
    model: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = keras.layers.Lambda(lambda x: (__import__("os").mkdir("executed"), x)[1], name="evil")
    keras.Sequential([keras.layers.Input((3,)), *model.layers, code]).save(
        "m.h5", include_optimizer=False
    )
    Path("executed").rmdir()
    with pytest.raises(InputError, match=r"m\.h5: .*Lambda.*model\.safe_mode"):
        h5_files.load(Path("m.h5"))
    assert not Path("executed").exists()
    h5_files.load(Path("m.h5"), safe_mode=False)
    assert Path("executed").exists()


@pytest.mark.parametrize(
    "initializer",
    [
        {"module": "os", "class_name": "Zeros", "config": {}, "registered_name": None},
        {"module": "keras.initializers", "class_name": "system", "config": {}},
        {"module": "subprocess", "class_name": "Popen", "config": {"args": "true"}},
    ],
)
def test_imports_nothing_that_a_file_names(
    model: keras.Model, tmp_path: Path, initializer: dict[str, Any]
) -> None:
    path = tmp_path / "m.h5"
    h5_files.save(path, model)
    rewrite(path, lambda layers: layers[1]["config"].update(kernel_initializer=initializer))
    with pytest.raises(InputError, match=r"m\.h5: .*model\.safe_mode"):
        h5_files.load(path)


def test_reads_no_other_file(model: keras.Model, tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    for outside in (h5py.ExternalLink("other.h5", "/"), h5py.SoftLink("/model_weights")):
        h5_files.save(path, model)
        with h5py.File(path, "a") as file:
            file["model_weights/more"] = outside
        with pytest.raises(InputError, match=r"m\.h5: .*/model_weights/more"):
            h5_files.load(path)
    (tmp_path / "secret").write_bytes(bytes(48))
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{}"
        file.create_dataset("w", (12,), "f4", external=[(str(tmp_path / "secret"), 0, 48)])
    with pytest.raises(InputError, match=r"m\.h5: .*//w"):
        h5_files.load(path)


@pytest.mark.parametrize("config", [7, "[" * 20_000, '{"class_name": ["a"]}', '{"module": {}}'])
def test_refuses_a_configuration_that_is_none(
    model: keras.Model, tmp_path: Path, config: object
) -> None:
    h5_files.save(tmp_path / "m.h5", model)
    with h5py.File(tmp_path / "m.h5", "a") as file:
        file.attrs["model_config"] = config
    with pytest.raises(InputError, match=r"m\.h5: "):
        h5_files.load(tmp_path / "m.h5")


def test_the_seeds_of_a_folder_appear_together_or_not_at_all(
    model: keras.Model, tmp_path: Path
) -> None:
    folder = tmp_path / "out"

    def models(fail: bool) -> Any:
        yield 0, model, [{"seed": 0, "loss": 0.1}]
        if fail:
            raise RuntimeError("stopped")
        yield 2, model, [{"seed": 2, "loss": float(np.float32(1) / 3)}]

    with pytest.raises(RuntimeError, match="stopped"):
        h5_files.save_seeds(folder, models(fail=True))
    assert list(tmp_path.iterdir()) == []
    h5_files.save_seeds(folder, models(fail=False))
    assert sorted(p.name for p in folder.iterdir()) == ["curves.csv", "seed_0.h5", "seed_2.h5"]
    assert (folder / "curves.csv").read_text() == "seed,loss\n0,0.1\n2,0.333333343\n"
    assert list(h5_files.load_seeds(folder, [2, 0])) == [2, 0]


def test_a_users_trained_model_lies_beside_the_untrained_ones(
    model: keras.Model, tmp_path: Path
) -> None:
    h5_files.save_seeds(tmp_path / "out", [(3, model, ())], pretrained=model)
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [h5_files.PRETRAINED, "seed_3.h5"]


def test_a_model_of_keras_3_is_refused_with_the_way_to_convert_it(
    model: keras.Model, tmp_path: Path
) -> None:
    path = tmp_path / "m.h5"
    h5_files.save(path, model)
    with h5py.File(path, "a") as file:
        file.attrs["keras_version"] = "3.12.0"
    with pytest.raises(InputError, match=r"m\.h5: .*Keras 3\.12\.0.*set_weights"):
        h5_files.load(path)


def test_a_file_of_weights_alone_is_refused(model: keras.Model, tmp_path: Path) -> None:
    model.save_weights(tmp_path / "m.h5")
    with pytest.raises(InputError, match=r"m\.h5: .*model\.save"):
        h5_files.load(tmp_path / "m.h5")
