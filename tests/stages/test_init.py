"""From `secateur init` to the table of results without an editor, on few rows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from ruamel.yaml import YAML
from sklearn import datasets
from typer.testing import CliRunner

import odd_table
import pictures
from own_project import read, run_all, tiny
from secateur.artifacts import SUMMARY
from secateur.command.app import app
from secateur.project import limits


def odd() -> list[str]:
    odd_table.write(Path("odd.csv"))
    return ["odd.csv", "--target", "label"]


def folder() -> list[str]:
    pictures.folder(Path("pets"), {"cat": 12, "dog": 12}, height=16, width=16)
    (Path("pets/cat") / "broken.png").write_text("no picture")
    return ["pets"]


def keras_form() -> list[str]:
    x = np.random.default_rng(0).integers(0, 255, (60, 8, 8, 1), dtype=np.uint8)
    y = (x.mean(axis=(1, 2, 3)) > 127).astype(np.uint8)
    np.savez("k.npz", x_train=x[:45], y_train=y[:45], x_test=x[45:], y_test=y[45:])
    return ["k.npz"]


def of_scikit_learn(name: str) -> Callable[[], list[str]]:
    def write() -> list[str]:
        frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
        frame.sample(90, random_state=0).to_csv(f"{name}.csv", index=False)
        return [f"{name}.csv", "--target", "target"]

    return write


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "t")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "t@example.com")
    return tmp_path


@pytest.mark.parametrize(
    ("write", "task", "score"),
    [
        (odd, "binary", "log_loss"),
        (folder, "binary", "log_loss"),
        (keras_form, "binary", "log_loss"),
        (of_scikit_learn("wine"), "multiclass", "log_loss"),
        (of_scikit_learn("diabetes"), "regression", "mse"),
    ],
    ids=["odd", "folder", "keras_form", "wine", "diabetes"],
)
def test_a_project_of_ones_own(
    here: Path, write: Callable[[], list[str]], task: str, score: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    data = write()
    broken = Path("pets/cat/broken.png")
    if broken.exists():
        done = CliRunner().invoke(app, ["init", "p", "--data", *data])
        assert done.exit_code == 1
        assert str(broken) in done.stderr
        assert not Path("p").exists()
        broken.unlink()
    done = CliRunner().invoke(app, ["init", "p", "--data", *data])
    assert done.exit_code == 0, done.output
    monkeypatch.chdir(here / "p")
    params: dict[str, Any] = tiny(YAML(typ="safe").load(Path("params.yaml")))
    assert params["task"] == task
    params["seeds"] = [0]
    params["recipes"] = {name: params["recipes"][name] for name in ("control", "small")}
    params["recipes"]["small"]["clustering"]["epochs"] = 1
    run_all(params)  # what `make repro` runs, in this process, with fewer seeds and epochs
    assert "| small " in SUMMARY.read_text()
    assert {"baseline", "control", "small"} == set(read("summary"))
    assert score in read("summary")["small"]
    assert limits.write()


def test_a_file_that_is_no_model_is_refused_and_nothing_is_made(here: Path) -> None:
    Path("bad.h5").write_text("no model")
    said = CliRunner().invoke(app, ["init", "made", "--data", *odd(), "--model", "bad.h5"])
    assert said.exit_code == 1
    assert "bad.h5: not a Keras model; must be" in said.output
    assert not Path("made").exists()


def test_the_inputs_of_a_model_with_several_are_named(here: Path) -> None:
    odd_table.write(Path("odd.csv"))
    layers = [
        {"class_name": "InputLayer", "name": name, "config": {"batch_input_shape": [None, size]}}
        for name, size in (("style", 3), ("size", 2))
    ]
    ends = [["style", 0, 0], ["size", 0, 0]]
    config = {"class_name": "Functional", "config": {"layers": layers, "input_layers": ends}}
    with h5py.File("two.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(config)
    said = CliRunner().invoke(
        app, ["init", "made", "--data", *odd(), "--model", "two.h5", "--dry-run"]
    )
    assert said.exit_code == 0, said.output
    assert "style (3,), size (2,); set model.inputs" in said.output
