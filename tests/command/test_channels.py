"""`secateur channels` says what its options, or a recipe, would remove, and names what is wrong."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from project import TINY, write_params
from secateur.arrays import parts
from secateur.arrays.rows import Rows
from secateur.command.app import app
from secateur.compress import channel_removal
from secateur.compress.channel_removal import Measure
from secateur.devices import channel_costs
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.recipes import scopes
from secateur.recipes.scopes import Layer

L = keras.layers
THIN = {
    "start": "baseline", "epochs": 4, "patience": None,
    "channels": {"keep": {"macs": 0.5}, "score": "l1", "rounds": 2, "keep_layers": ["hers/1"]},
}  # fmt: skip


def show(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["channels", *arguments])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose baseline is trained, of 6 × 8 + 8 × 8 + 8 weights."""
    monkeypatch.chdir(tmp_path)
    params: dict[str, Any] = copy.deepcopy(TINY)
    params["recipes"]["thin"] = THIN
    params["recipes"]["thinner"] = THIN | {"start": "thin", "channels": {"keep": {"macs": 0.5}}}
    params["recipes"]["little"] = THIN | {"channels": {"keep": {"macs": 0.01}}}
    params["budget"] = {"macs": 100_000, "arena_bytes": 6}
    write_params(tmp_path, params)
    layers = [L.Dense(8, name="hers.1"), L.Dense(8, name="hidden"), L.Dense(1, name="output")]
    for seed in (0, 1):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential(
            [keras.Input((6,)), *(layer.from_config(layer.get_config()) for layer in layers)]
        )
        (tmp_path / "models/trained/baseline").mkdir(parents=True, exist_ok=True)
        h5_files.save(tmp_path / f"models/trained/baseline/seed_{seed}.h5", model)
    known = {"hers.1": Layer("Dense", (6, 8), own="hers/1"), "hidden": Layer("Dense", (8, 8)),
             "output": Layer("Dense", (8, 1))}  # fmt: skip
    scopes.write_layers(tmp_path / "models/layers.json", known)
    x = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    rows = Rows(x, x[:, :1])
    monkeypatch.setattr(parts, "train_and_validation", lambda *_, **__: (rows, rows))
    return tmp_path


def stay(shown: Result) -> dict[str, int]:
    assert (shown.exit_code, shown.stderr) == (0, "")
    cells = [line.split() for line in shown.stdout.splitlines()]
    return {own[0]: int(own[3]) for own in cells if own and own[0] in ("hers.1", "hidden")}


def test_a_recipe_is_shown_with_all_that_it_says_in_one_go() -> None:
    shown = show("--recipe", "thin")
    assert stay(shown) == {"hers.1": 8, "hidden": 1}
    assert "MACs: 57 of 120 (48%)" in shown.stdout.splitlines()
    assert "rounds: 2: shown is what goes in all of them, here in one go" in shown.stdout
    options = show("--keep-macs", "0.5", "--score", "l1", "--keep-layers", "hers/1")
    assert stay(options) == stay(shown)
    assert "rounds" not in options.stdout


def test_each_group_keeps_what_the_options_say() -> None:
    assert min(stay(show("--keep-macs", "0.6", "--min-channels", "5")).values()) >= 5


def test_chance_is_that_of_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    real = channel_removal.chosen

    def spy(*args: Any) -> np.ndarray:
        given.append(args[7])
        return real(*args)

    monkeypatch.setattr(channel_removal, "chosen", spy)
    stay(show("--keep-macs", "0.5", "--score", "random", "--seed", "1"))
    stay(show("--keep-macs", "0.5", "--score", "random"))
    assert given == [1, 0]


def test_a_budget_says_what_is_counted_and_whether_it_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = show("--keep-macs", "budget")
    assert stay(shown) == {"hers.1": 8, "hidden": 8}
    assert "MACs: 120 of 120 (100%)" in shown.stdout
    kept = "budget.macs: 100,000: the network keeps it already, so no channel goes"
    assert kept in shown.stdout.splitlines()
    units = Measure(lambda model: float(model.get_layer("hidden").units), {})
    monkeypatch.setattr(channel_costs, "measure", lambda *_: units)
    lines = show("--keep-peak-memory", "budget").stdout.splitlines()
    assert "arena of tflite-micro, bytes: 6 of 8 (75%)" in lines
    assert "budget.arena_bytes: 6" in lines


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--round-to", "8"], ["--round-to", "such as --keep-macs 0.5"]),
        (["--score", "taylor", "--across", "layer"], ["--score and --across", "share to keep"]),
        (["--min-channels", "2", "--keep-layers", "hidden"], ["--min-channels and --keep-layers"]),
        (["--keep-macs", "0.5", "--keep-weights", "0.5"],
         ["--keep-macs and --keep-weights exclude each other"]),
        (["--recipe", "thin", "--keep-macs", "0.5", "--score", "l2"],
         ["leave out --keep-macs and --score"]),
        (["baseline", "--recipe", "thin"], ["NETWORK baseline and --recipe exclude each other"]),
    ],
)  # fmt: skip
def test_options_that_would_be_ignored_are_refused(arguments: list[str], words: list[str]) -> None:
    told = show(*arguments)
    assert (told.exit_code, told.stdout) == (2, "")
    for word in words:
        assert word in " ".join(told.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--keep-macs", "1.5"], ["error: --keep-macs 1.5: must be a share", "or budget"]),
        (["--keep-macs", "50%"], ["error: --keep-macs '50%': must be a share"]),
        (["--keep-macs", "0.5", "--score", "l3"], ["error: --score 'l3': "]),
        (["--keep-macs", "0.5", "--round-to", "0"], ["error: --round-to 0: "]),
        (["--keep-macs", "0.5", "--score", "bn_scale"], ["error: --score 'bn_scale': hers.1: no"]),
        (["--keep-macs", "0.5", "--keep-layers", "x"], ["error: --keep-layers 'x' matches no"]),
        (["--keep-cycles", "budget"], ["error: --keep-cycles 'budget': budget.cycles is not set"]),
        (["--keep-macs", "0.01", "--round-to", "4", "--keep-layers", "hidden"],
         ["error: --keep-macs 0.01: must be 1 multiply-adds at most", "or lower --round-to (4), or "
          "name fewer --keep-layers\n"]),
        (["--recipe", "little"],
         ["error: params.yaml: recipes.little.channels.keep.macs: 0.01: must be 1 multiply-adds"]),
        (["--recipe", "thn"], ["--recipe thn: no such recipe (did you mean 'thin'?)", "thinner"]),
        (["--recipe", "control"], ["control: removes no channels; allowed: little, thin, thinner"]),
        (["--recipe", "thinner"], ["has no network 'thin' yet; has baseline", "trains it"]),
        (["basline"], ["NETWORK basline: no such network (did you mean 'baseline'?)", "tuned"]),
        (["initial"], ["has no network 'initial' yet", "`secateur repro build_model` makes"]),
        (["tuned"], ["no network 'tuned' yet", "trains it", "`secateur repro build_model` makes"]),
        (["--seed", "9"], ["--seed 9: must be one of params.yaml: 0, 1"]),
    ],
)  # fmt: skip
def test_what_cannot_be_shown_is_named_as_it_was_written(
    arguments: list[str], words: list[str]
) -> None:
    told = show(*arguments)
    assert (told.exit_code, told.stdout) == (1, "")
    for word in words:
        assert word in told.stderr
