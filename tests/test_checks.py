"""A `params.yaml` that cannot work is refused before any work, in words that help."""

from pathlib import Path
from typing import Any

import pytest

import check_params
from conftest import TINY, write_params
from import_graph import ROOT
from secateur.checks.params_file import check_params as check
from secateur.core.errors import InputError

# Where, what is put there, and what the message must hold: key, value, what is allowed.
BAD: list[tuple[str, Any, list[str]]] = [
    ("sedes", [1], ["unknown key 'sedes'", "did you mean 'seeds'"]),
    ("training.learning_rat", 1, ["training", "unknown key 'learning_rat'", "learning_rate"]),
    ("recipes.whole_model.epocs", 3, ["recipes.whole_model", "'epocs'", "did you mean 'epochs'"]),
    ("recipes.whole_model.schedule.begin", 3, ["whole_model.schedule", "'begin'", "begin_step"]),
    (
        "recipes.whole_model.schedule.target_sparsity",
        1.0,
        ["target_sparsity", "1.0", "less than 1"],
    ),
    ("recipes.whole_model.schedule.target_sparsity", -0.1, ["-0.1", "greater than or equal to 0"]),
    ("recipes.whole_model.schedule.target_sparsity", "half", ["target_sparsity", "'half'"]),
    ("recipes.whole_model.schedule.target_sparsity", float("nan"), ["target_sparsity", "nan"]),
    (
        "recipes.whole_model.schedule.type",
        "Cubic",
        ["schedule.type: 'Cubic'", "ConstantSparsity", "Polynomial"],
    ),
    ("recipes.whole_model.schedule.frequency", 0, ["frequency", "0", "greater than"]),
    (
        "recipes.whole_model.schedule.frequency",
        11,
        ["epochs", "10 steps", "at step 11", "3 epochs"],
    ),
    ("recipes.whole_model.schedule.begin_step", 50, ["epochs", "at step 50", "10 epochs"]),
    ("recipes.whole_model.schedule.end_step", 1, ["end_step 1", "at least 2"]),
    ("recipes.whole_model.schedule", None, ["recipes.whole_model", "scope 'whole'", "needs one"]),
    ("recipes.control.schedule", TINY["recipes"]["whole_model"]["schedule"], ["takes no schedule"]),
    ("recipes.dense_only.schedule.initial_sparsity", 0.9, ["initial_sparsity 0.9", "0.75"]),
    ("recipes.dense_only.schedule.begin_step", 8, ["begin_step 8", "end_step 6"]),
    ("recipes.dense_only.schedule.begin_step", 6, ["begin_step 6", "under end_step 6"]),
    ("recipes.dense_only.schedule.end_step", 7, ["final_sparsity 0.75", "multiple of frequency"]),
    ("recipes.dense_only.schedule.end_step", 12, ["recipes.dense_only.epochs", "step 12"]),
    ("recipes.dense_only.scope", "output", ["recipes.dense_only.scope", "'output'", "none"]),
    ("recipes.dense_only.scope", [], ["recipes.dense_only.scope", "[]", "whole"]),
    ("recipes.dense_only.scope", ["dense"], ["scope", "'dense'", "hidden_1", "output"]),
    ("recipes.dense_only.scope", ["output"], ["block_size", "[2, 3]", "'output'", "8 x 1"]),
    ("recipes.dense_only.block_size", [6, 1], ["block_size", "[6, 1]", "6 x 8"]),
    ("recipes.dense_only.block_size", [2], ["block_size", "[2]"]),
    ("recipes.dense_only.block_size", [0, 2], ["block_size.0", "0", "greater than"]),
    ("recipes.dense_only.block_pooling_type", "MIN", ["'MIN'", "'AVG' or 'MAX'"]),
    ("recipes.dense_only.start", "scratch", ["start", "'scratch'", "'initial' or 'baseline'"]),
    ("recipes.dense_only.epochs", 0, ["recipes.dense_only.epochs", "0", "greater than"]),
    ("recipes.dense_only.epochs", True, ["recipes.dense_only.epochs", "True", "integer"]),
    ("recipes.dense_only.patience", 0, ["recipes.dense_only.patience", "0"]),
    ("recipes.Dense", TINY["recipes"]["control"], ["'Dense'", "small letters"]),
    ("recipes.baseline", TINY["recipes"]["control"], ["'baseline'", "choose another"]),
    ("recipes", {}, ["recipes: {}", "at least 1"]),
    ("recipes", None, ["recipes: None", "section"]),
    ("seeds", [0, 1, 0], ["seeds", "[0, 1, 0]", "repeated"]),
    ("seeds", [], ["seeds", "[]", "at least 1"]),
    ("seeds", [-1], ["seeds.0", "-1", "greater than or equal to 0"]),
    ("seeds", [1.5], ["seeds.0", "1.5", "integer"]),
    ("seeds", 3, ["seeds", "3", "list"]),
    ("train_baseline.epochs", 0, ["train_baseline.epochs", "0", "greater than"]),
    ("training.batch_size", 73, ["training.batch_size", "73", "72"]),
    ("training.batch_size", 0, ["training.batch_size", "0"]),
    ("training.learning_rate", 0, ["training.learning_rate: 0: ", "greater than"]),
    ("training.optimizer", "adm", ["training.optimizer", "'adm'", "'Adam'"]),
    ("split.test_size", 1.0, ["split.test_size", "1.0", "less than 1"]),
    ("split.test_size", 0.999, ["split", "test_size 0.999", "leave 0 to train"]),
    ("split.validation_size", 0.999, ["split", "validation_size 0.999", "leave 0 to train"]),
    ("generate_data.n_features", 4, ["n_features", "4", "greater than or equal to 5"]),
    ("generate_data.n_samples", 2, ["split", "2 rows"]),
    ("generate_data.noise", -1.0, ["noise", "-1.0"]),
    ("model.layers", [], ["model.layers", "at least 1"]),
    ("model.layers", [{"type": "Dense", "units": 0}], ["layers.0.units", "0"]),
    ("model.layers", [{"type": "Dens", "units": 1}], ["layers.0.type: 'Dens'", "'Dense'"]),
    ("model.layers", [{"type": "Dense", "unit": 1}], ["'unit'", "did you mean 'units'"]),
    ("model.layers", None, ["model", "layers: missing"]),
    ("model.layers.0.activation", "rleu", ["'rleu'", "'relu'"]),
    ("model.layers.0.name", "output", ["'output'", "choose another"]),
    ("model.source", "mine.h5", ["model", "'mine.h5'", "remove `layers`"]),
    ("model.params", {"width": 3}, ["model", "no `builder`"]),
    ("task", "classification", ["task: 'classification'", "'binary'"]),
    ("task", "binary", ["task: 'binary'", "data/friedman1.parquet", "must be regression"]),
    ("data.sorce", "a.csv", ["data", "did you mean 'source'"]),
    ("data.source", "s3://a/b.csv", ["data", "dvc import-url"]),
    ("generate_data.n_samples", 10**400, ["n_samples", "less than or equal to 100000000"]),
    ("generate_data.noise", 1e39, ["noise", "1e+39"]),
    ("recipes.dense_only.schedule.end_step", 10**400, ["end_step", "less than 2147483648"]),
    ("recipes.control.epochs", 10**30, ["recipes.control.epochs", "less than or equal to"]),
    ("model.layers.0.units", 10**12, ["layers.0.units", "less than or equal to 1000000"]),
    ("training.learning_rate", 1e-320, ["training.learning_rate", "greater than"]),
    ("measure_sizes.gzip_level", 10, ["gzip_level", "10", "less than or equal to 9"]),
]


def put(params: dict[str, Any], where: str, value: Any) -> None:
    *path, last = where.split(".")
    for part in path:
        params = params[int(part)] if isinstance(params, list) else params[part]
    params[last] = value


@pytest.mark.parametrize(("where", "value", "words"), BAD)
def test_refuses(workdir: Path, params: dict[str, Any], where: str, value: Any, words: list[str]) -> None:  # fmt: skip  # noqa: E501
    put(params, where, value)
    write_params(workdir, params)
    with pytest.raises(InputError) as refusal:
        check_params.main()
    message = str(refusal.value)
    assert all(word in message for word in ["params.yaml", *words]), message
    assert not Path("data").exists()


def test_the_output_layer_of_classes_gives_probabilities(
    workdir: Path, params: dict[str, Any]
) -> None:
    params["data"]["source"], params["task"] = "own.csv", "multiclass"
    write_params(workdir, params)
    with pytest.raises(InputError, match=r"data\.source: 'own\.csv': not found .*dvc pull"):
        check_params.main()
    Path("own.csv").touch()
    check_params.main()  # the file is looked at later, where it is read
    params["model"]["output_activation"] = "linear"
    write_params(workdir, params)
    with pytest.raises(InputError, match="output_activation: 'linear': task multiclass takes"):
        check_params.main()
    params["task"], params["data"]["standardize"] = "regression", True
    params["model"]["output_activation"] = "relu"
    write_params(workdir, params)
    with pytest.raises(InputError, match=r"output_activation: 'relu': .*standardize: false"):
        check_params.main()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("seeds: [0\n", ["not valid YAML", "line"]),
        ("seeds: [0]\nseeds: [1]\n", ["not valid YAML", "duplicate key"]),
        ("- 1\n", ["sections"]),
        ("", ["sections"]),
        ("seeds: 2020-02-30\n", ["not valid YAML"]),
        ("seeds: !!int abc\n", ["not valid YAML"]),
        ("seeds: " + "9" * 5000 + "\n", ["not valid YAML"]),
        ("seeds: " + "[" * 3000, ["not valid YAML"]),
        ("seeds: !!python/object/apply:os.system ['true']\n", ["not valid YAML"]),
    ],
)
def test_refuses_a_file_that_is_no_mapping(workdir: Path, text: str, words: list[str]) -> None:
    (workdir / "params.yaml").write_text(text)
    with pytest.raises(InputError) as refusal:
        check_params.main()
    assert all(word in str(refusal.value) for word in ["params.yaml", *words])


def test_names_every_missing_key(workdir: Path, params: dict[str, Any]) -> None:
    del params["training"]["optimizer"], params["recipes"]["control"]["scope"]
    write_params(workdir, params)
    with pytest.raises(InputError) as refusal:
        check_params.main()
    assert "params.yaml: training.optimizer: missing" in str(refusal.value)
    assert "recipes.control.scope: missing" in str(refusal.value)


def test_a_missing_file_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not found; run from the repository's top folder"):
        check(tmp_path / "params.yaml")


def test_accepts_what_the_project_ships_and_what_the_tests_use(workdir: Path) -> None:
    check(ROOT / "params.yaml")
    check_params.main()
    assert Path("data/params.ok").read_text() == "ok\n"


def test_reads_numbers_as_dvc_does(workdir: Path, params: dict[str, Any]) -> None:
    text = (workdir / "params.yaml").read_text()
    (workdir / "params.yaml").write_text(text.replace("learning_rate: 0.01", "learning_rate: 1e-3"))
    assert check(workdir / "params.yaml").training.learning_rate == 0.001
