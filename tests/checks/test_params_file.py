"""A `params.yaml` that cannot work is refused before any work, in words that help."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from import_graph import ROOT
from pictures import folder as pictures
from project import TINY, write_params
from secateur.checks.named_files import WRITTEN
from secateur.checks.params_file import check_params
from secateur.core import params as params_module
from secateur.core.errors import InputError

# Where, what is put there, and what the message must hold: key, value, what is allowed.
BAD: list[tuple[str, Any, list[str]]] = [
    ("sedes", [1], ["'sedes'", "did you mean 'seeds'"]),
    ("training.learning_rat", 1, ["training", "'learning_rat'", "learning_rate"]),
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
        ["epochs", "8 steps", "step 11", "3 epochs"],
    ),
    ("recipes.whole_model.schedule.begin_step", 50, ["epochs", "step 50", "13 epochs"]),
    ("recipes.whole_model.schedule.end_step", 1, ["end_step 1", "2"]),
    ("recipes.whole_model.spread", "globl", ["recipes.whole_model.spread: 'globl'", "'global'"]),
    ("recipes.dense_only.spread", "global", ["spread: 'global'", "block_size", "[1, 1]"]),
    (
        "recipes.finetuned.schedule",
        {"output": TINY["recipes"]["whole_model"]["schedule"]},
        ["recipes.finetuned", "scope 'whole'", "leave scope out"],
    ),
    ("recipes.whole_model.schedule", None, ["recipes.whole_model", "scope 'whole'"]),
    (
        "recipes.control.schedule",
        TINY["recipes"]["whole_model"]["schedule"],
        ["recipes.control", "schedule"],
    ),
    ("recipes.dense_only.schedule.initial_sparsity", 0.9, ["initial_sparsity 0.9", "0.75"]),
    ("recipes.dense_only.schedule.begin_step", 8, ["begin_step 8", "end_step 6"]),
    ("recipes.dense_only.schedule.begin_step", 6, ["begin_step 6", "end_step 6"]),
    ("recipes.dense_only.schedule.end_step", 7, ["end_step 7", "frequency"]),
    ("recipes.dense_only.schedule.end_step", 12, ["recipes.dense_only.epochs", "step 12"]),
    ("recipes.dense_only.scope", "output", ["recipes.dense_only.scope", "'output'", "none"]),
    ("recipes.dense_only.scope", [], ["recipes.dense_only.scope", "[]", "whole"]),
    ("recipes.dense_only.scope", ["dense"], ["scope", "'dense'", "hidden_1", "output"]),
    ("recipes.dense_only.scope", ["output"], ["block_size", "[2, 3]", "'output'", "8 x 1"]),
    ("recipes.dense_only.block_size", [6, 1], ["block_size", "[6, 1]", "6 x 8"]),
    ("recipes.dense_only.block_size", [2], ["block_size", "[2]"]),
    ("recipes.dense_only.block_size", [0, 2], ["block_size.0", "0", "greater than"]),
    ("recipes.dense_only.block_pooling_type", "MIN", ["'MIN'", "'AVG' or 'MAX'"]),
    (
        "recipes.dense_only.start",
        "scratch",
        ["recipes.dense_only.start: 'scratch'", "initial, baseline"],
    ),
    ("recipes.dense_only.epochs", 0, ["recipes.dense_only.epochs", "0", "greater than"]),
    ("recipes.dense_only.epochs", True, ["recipes.dense_only.epochs", "True", "integer"]),
    ("recipes.dense_only.patience", 0, ["recipes.dense_only.patience", "0"]),
    ("recipes.Dense", TINY["recipes"]["control"], ["recipes", "'Dense'"]),
    ("recipes.baseline", TINY["recipes"]["control"], ["recipes", "'baseline'"]),
    ("recipes.finetuned.start", "tuned", ["recipes.finetuned.start", "tuned from finetuned"]),
    ("recipes.tuned.start", "control", ["recipes.tuned.preserve_sparsity", "control"]),
    ("recipes", {}, ["recipes: {}"]),
    ("recipes", None, ["recipes: None"]),
    ("seeds", [0, 1, 0], ["seeds", "[0, 1, 0]"]),
    ("seeds", [], ["seeds", "[]"]),
    ("seeds", [-1], ["seeds.0", "-1", "greater than or equal to 0"]),
    ("seeds", [1.5], ["seeds.0", "1.5", "integer"]),
    ("seeds", 3, ["seeds", "3", "list"]),
    ("train_baseline.epochs", 0, ["train_baseline.epochs", "0", "greater than"]),
    ("training.batch_size", 73, ["training.batch_size", "73", "72"]),
    ("training.batch_size", 0, ["training.batch_size", "0"]),
    ("training.learning_rate", 0, ["training.learning_rate: 0: ", "greater than"]),
    ("training.optimizer", "adm", ["training.optimizer", "'adm'", "'Adam'"]),
    ("split.test_size", 1.0, ["split.test_size", "1.0", "less than 1"]),
    ("split.test_size", 0.999, ["split", "test_size 0.999", "0 to train"]),
    ("split.validation_size", 0.999, ["split", "validation_size 0.999", "0 to train"]),
    ("split.group", "y", ["data.target: 'y'", "split.group"]),
    ("split.time", 3, ["split.time: 3"]),
    ("split.columns", "part", ["split", "did you mean 'column'"]),
    ("generate_data.n_features", 4, ["n_features", "4", "greater than or equal to 5"]),
    ("generate_data.n_samples", 2, ["split", "2 rows"]),
    ("generate_data.noise", -1.0, ["noise", "-1.0"]),
    ("model.layers", [], ["model.layers: []"]),
    ("model.layers", [{"type": "Dense", "units": 0}], ["layers.0.units", "0"]),
    ("model.layers", [{"type": "Dens", "units": 1}], ["layers.0.type: 'Dens'", "'Dense'"]),
    ("model.layers", [{"type": "Dense", "unit": 1}], ["'unit'", "did you mean 'units'"]),
    ("model.layers", None, ["model: ", "layers, build and file"]),
    ("model.layers.0.activation", "rleu", ["'rleu'", "'relu'"]),
    ("model.layers.0.name", "output", ["model: ", "'output'"]),
    ("model.file", "network/mine.h5", ["model: ", "layers", "file"]),
    ("model.params", {"width": 3}, ["model: ", "params", "build"]),
    ("model.trust", False, ["model: ", "'trust'", "safe_mode"]),
    ("model", {"build": "network/mine.py:net"}, ["model.build: 'network/mine.py'"]),
    ("model", {"file": "network/mine.h5"}, ["model.file: 'network/mine.h5'", "dvc pull"]),
    ("model.inputs", {"a": ["x0"]}, ["model: `inputs`", "`build` or `file`"]),
    ("model", {"build": "network/m.py", "inputs": {"a": []}}, ["model.inputs.a: []"]),
    ("model", {"build": "network/m.py", "inputs": {}}, ["model.inputs: {}"]),
    ("model", {"build": "network/m.py", "inputs": {"a": ["x0", "x0"]}}, ["inputs.a", "repeated"]),
    ("task", "classification", ["task: 'classification'", "'binary'"]),
    ("task", "binary", ["task: 'binary'", "data/generated/friedman1.parquet", "regression"]),
    ("data.sorce", "a.csv", ["data", "did you mean 'source'"]),
    ("data.source", "s3://a/b.csv", ["data", "dvc import-url"]),
    (
        "data.source",
        "data/split/train.parquet",
        ["data.source", "data/split/", "data/train.parquet"],
    ),
    ("data.source", "models", ["data.source: 'models'", "models/"]),
    ("data.source", "models/../metrics/x.csv", ["data.source", "metrics/"]),
    ("data.source", ".", ["data.source: '.'", "your own files"]),
    ("data.source", "./data/", ["data.source", "your own files"]),
    ("data.source", ".git/x.csv", ["data.source", ".git/"]),
    ("data.source", "data/friedman1.parquet", ["did you mean 'data/generated/friedman1.parquet'"]),
    ("generate_data.n_samples", 10**400, ["n_samples", "less than or equal to 100000000"]),
    ("generate_data.noise", 1e39, ["noise", "1e+39"]),
    ("recipes.dense_only.schedule.end_step", 10**400, ["end_step", "less than 2147483648"]),
    ("recipes.control.epochs", 10**30, ["recipes.control.epochs", "less than or equal to"]),
    ("model.layers.0.units", 10**12, ["layers.0.units", "less than or equal to 1000000"]),
    ("training.learning_rate", 1e-320, ["training.learning_rate", "greater than"]),
    ("trade_off.ramp_epochs", 9, ["trade_off.ramp_epochs: 9", "4 epochs"]),
    ("trade_off.training.batch_size", 73, ["trade_off.training.batch_size: 73", "72"]),
    ("training.class_weight", "balanced", ["training.class_weight", "regression", "leave it out"]),
    ("training.class_weight", "balance", ["training.class_weight: 'balance'", "'balanced'"]),
    ("trade_off.training.class_weight", "balanced", ["trade_off.training.class_weight"]),
    (
        "recipes.dense_only.training",
        {**TINY["training"], "class_weight": "balanced"},
        ["recipes.dense_only.training.class_weight", "regression"],
    ),
    ("training.label_smoothing", 0.1, ["training.label_smoothing: 0.1", "regression", "leave it"]),
    ("training.label_smoothing", 1.0, ["training.label_smoothing", "less than 1"]),
    ("trade_off.training.label_smoothing", 0.1, ["trade_off.training.label_smoothing"]),
    ("training.warmup_epochs", 3, ["train_baseline.epochs: 3", "training.warmup_epochs: 3"]),
    ("training.warmup_epochs", 2, ["recipes.control.epochs: 2", "training.warmup_epochs: 2"]),
    ("trade_off.training.warmup_epochs", 4, ["trade_off.epochs: 4", "over 4"]),
    ("training.clipnorm", 0, ["training.clipnorm: 0", "greater than 0"]),
    (
        "training",
        {**TINY["training"], "clipnorm": 1, "clipvalue": 0.5},
        ["training: clipnorm and clipvalue", "keep one"],
    ),
    (
        "training.learning_rate_schedule",
        "Cosine",
        ["training.learning_rate_schedule: 'Cosine'", "'CosineDecay'", "'PolynomialDecay'"],
    ),
    (
        "training.learning_rate_schedule",
        {"type": "Cosine"},
        ["training.learning_rate_schedule.type: 'Cosine'", "'ExponentialDecay'"],
    ),
    (
        "training.learning_rate_schedule",
        {"type": "ExponentialDecay", "decay_epochs": 1},
        ["training.learning_rate_schedule.decay_rate: missing"],
    ),
    (
        "training.learning_rate_schedule",
        {"type": "PiecewiseConstantDecay", "boundary_epochs": [1, 2], "values": [0.1]},
        ["training.learning_rate_schedule: ", "1 for 2 boundary_epochs"],
    ),
    (
        "training.learning_rate_schedule",
        {"type": "PiecewiseConstantDecay", "boundary_epochs": [2, 1], "values": [0.1, 0.2]},
        ["training.learning_rate_schedule: ", "[2.0, 1.0]: must grow"],
    ),
    (
        "train_baseline.monitor",
        "val_accuracy",
        ["train_baseline.monitor: 'val_accuracy'", "regression", "val_loss, val_mae"],
    ),
    ("recipes.control.monitor", "val_auc", ["recipes.control.monitor: 'val_auc'", "val_mae"]),
    ("recipes.control.monitor", "accuracy", ["recipes.control.monitor: 'accuracy'", "val_loss"]),
    ("recipes.control.restore_best", 1, ["recipes.control.restore_best: 1", "boolean"]),
    (
        "recipes.control.distill",
        {"from": "control"},
        ["recipes.control.distill.from: 'control'", "itself"],
    ),
    ("recipes.control.distill", {"from": "initial"}, ["recipes.control.distill.from: 'initial'"]),
    ("recipes.control.distill", {"from": "basline"}, ["distill.from: 'basline'", "'baseline'?"]),
    ("recipes.control.distill", {"from": "tuned"}, ["distill.from: 'tuned'", "start: tuned"]),
    (
        "recipes.control.distill",
        {"from": "baseline", "temperature": 4},
        ["recipes.control.distill.temperature: 4", "regression"],
    ),
    ("recipes.control.distill", {"fron": "baseline"}, ["'fron'", "did you mean 'from'?"]),
    ("recipes.control.distill", {"weight": 0.5}, ["recipes.control.distill.from: missing"]),
    ("recipes.control.distill", {"from": "baseline", "weight": 0}, ["distill.weight: 0"]),
    (
        "recipes.control",
        {
            "start": "baseline",
            "epochs": 2,
            "patience": None,
            "channels": {"keep": {"cycles": "budget"}},
        },
        ["recipes.control.channels.keep.cycles: 'budget'", "budget.cycles is not set"],
    ),
    ("data.target", [], ["data: target: []", "name"]),
    ("data.target", [3], ["data.target", "3", "string"]),
    ("data.header", [3], ["data.header", "3", "string"]),
    ("data.target", ["y", "x1", "y"], ["data: target", "repeated"]),
    ("measure_latency.rounds", 2, ["measure_latency.rounds", "2", "greater than or equal to 3"]),
    ("measure_latency.seconds", 0, ["seconds", "0", "greater than 0"]),
    ("measure_sizes.gzip_level", 10, ["gzip_level", "10", "less than or equal to 9"]),
    ("convert.calibration_rows", 19, ["calibration_rows", "19", "greater than or equal to 20"]),
    ("mix_precision.recipes", ["contrl"], ["mix_precision.recipes: 'contrl'", "control"]),
    ("mix_precision.recipes", ["small"] * 2, ["mix_precision.recipes", "each recipe once"]),
    ("mix_precision.largest_error_ratio", 0.9, ["largest_error_ratio", "0.9", "equal to 1"]),
]


def put(params: dict[str, Any], where: str, value: Any) -> None:
    *path, last = where.split(".")
    for part in path:
        params = params[int(part)] if isinstance(params, list) else params[part]
    params[last] = value


def refusal(params: dict[str, Any]) -> str:
    write_params(Path(), params)
    with pytest.raises(InputError) as refused:
        check_params(Path("params.yaml"))
    return str(refused.value)


@pytest.mark.parametrize(
    ("where", "value", "words"), BAD, ids=[f"{where}={value!r:.20}" for where, value, _ in BAD]
)
def test_refuses(
    workdir: Path, params: dict[str, Any], where: str, value: Any, words: list[str]
) -> None:
    put(params, where, value)
    message = refusal(params)
    assert all(word in message for word in ["params.yaml", *words]), message


@pytest.mark.parametrize(
    ("change", "wanted", "words"),
    [
        ({}, {"a": ["x0"], "b": ["y"]}, ["model.inputs.b: 'y'", "data.target"]),
        ({"data.drop": ["x1"]}, {"a": ["x0", "x1"]}, ["model.inputs.a: 'x1'", "data.drop"]),
        ({"split.group": "x1"}, {"a": ["x0", "x1"]}, ["model.inputs.a: 'x1'", "split.group"]),
        ({}, {"a": ["x0", "x9"]}, ["model.inputs.a: 'x9'", "x0, x1, x2, x3, x4, x5"]),
        ({}, {"a": ["x0", "x1"], "b": ["x2"]}, ["model.inputs: no input takes x3, x4, x5"]),
        ({"data.source": "o.csv", "data.features": ["u", "v"]}, {"a": ["u"]}, ["takes v"]),
        ({"data.source": "o.csv"}, {"a": ["u"], "b": ["y"]}, ["model.inputs.b: 'y'"]),
        ({"data.source": "o.npz"}, {"a": ["u"]}, ["model.inputs", "arrays", "inputs[:, :4]"]),
        ({"data.source": "folder"}, {"a": ["u"]}, ["model.inputs", "arrays"]),
    ],
)  # fmt: skip
def test_refuses_inputs_of_the_network_that_are_none_of_the_data(
    workdir: Path,
    params: dict[str, Any],
    change: dict[str, Any],
    wanted: dict[str, list[str]],
    words: list[str],
) -> None:
    for name in ("network/m.py", "o.csv", "o.npz", "folder/o.npz"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()
    params["model"] = {"build": "network/m.py", "inputs": wanted}
    for where, value in change.items():
        put(params, where, value)
    message = refusal(params)
    assert all(word in message for word in ["params.yaml: ", *words]), message


def test_inputs_of_the_network_that_the_data_may_have_pass(
    workdir: Path, params: dict[str, Any]
) -> None:
    (workdir / "network").mkdir()
    (workdir / "network/m.py").touch()
    params["model"] = {"build": "network/m.py", "inputs": {"a": ["x0", "x2"], "b": ["x3", "x0"]}}
    params["data"]["drop"] = ["x1", "x4", "x5"]
    write_params(workdir, params)
    check_params(Path("params.yaml"))
    Path("o.csv").touch()
    params["data"] = {"source": "o.csv"}
    params["model"]["inputs"] = {"a": ["only", "the", "data", "know"]}
    write_params(workdir, params)
    check_params(Path("params.yaml"))


def test_a_users_own_file_is_looked_for_and_not_looked_into(
    workdir: Path, params: dict[str, Any]
) -> None:
    params["data"]["source"], params["task"] = "own.csv", "multiclass"
    message = refusal(params)
    assert "data.source: 'own.csv': " in message
    assert "dvc pull" in message
    (workdir / "data").mkdir()
    (workdir / "data/own.csv").touch()
    assert "did you mean 'data/own.csv'?" in refusal(params)
    Path("own.csv").touch()
    check_params(Path("params.yaml"))
    params["data"]["source"] = "https://example.org/own.csv"
    write_params(workdir, params)
    check_params(Path("params.yaml"))


def test_a_folder_of_pictures_is_listed_and_its_first_one_decoded(
    workdir: Path, params: dict[str, Any]
) -> None:
    params |= {"task": "binary", "data": {"source": "own"}}
    pictures(workdir / "own", {"cat": 4, "dog": 4})
    (workdir / "own/dog/0.png").write_text("broken, and left to the stage `split`")
    write_params(workdir, params)
    check_params(Path("params.yaml"))
    (workdir / "own/cat/0.png").write_text("broken")
    message = refusal(params)
    assert "params.yaml: own/cat/0.png: " in message
    (workdir / "own/cat").rename(workdir / "own/.cat")
    assert "one class only" in refusal(params)


def test_what_stages_write_lies_where_no_source_may() -> None:
    stages = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"].values()
    outs = [
        next(iter(out)) if isinstance(out, dict) else out
        for stage in stages
        for kind in ("outs", "metrics")
        for out in stage.get("do", stage).get(kind, ())
    ]
    assert len(outs) > 20
    assert all(out.startswith(tuple(f"{folder}/" for folder in WRITTEN)) for out in outs)


def test_a_users_function_is_looked_for_by_its_file(workdir: Path, params: dict[str, Any]) -> None:
    (workdir / "network").mkdir()
    (workdir / "network/mine.py").write_text("1 / 0")
    params["model"] = {"build": "network/mine.py:net"}
    write_params(workdir, params)
    check_params(Path("params.yaml"))


def test_the_output_layer_of_classes_gives_probabilities(
    workdir: Path, params: dict[str, Any]
) -> None:
    Path("own.csv").touch()
    params["data"]["source"], params["task"] = "own.csv", "multiclass"
    params["model"]["output_activation"] = "linear"
    message = refusal(params)
    assert "model.output_activation: 'linear'" in message
    assert "'softmax'" in message


def test_a_standardized_target_needs_an_output_that_can_be_negative(
    workdir: Path, params: dict[str, Any]
) -> None:
    params["data"]["standardize"] = True
    params["model"]["output_activation"] = "relu"
    message = refusal(params)
    assert "model.output_activation: 'relu'" in message
    assert "data.standardize: false" in message


def test_names_every_missing_key(workdir: Path, params: dict[str, Any]) -> None:
    del params["training"]["optimizer"], params["recipes"]["control"]["scope"]
    message = refusal(params)
    assert "params.yaml: training.optimizer: " in message
    assert "recipes.control.scope: " in message


@pytest.mark.parametrize(
    "folder",
    [".", *(f"examples/{name}" for name in ("chain", "diabetes", "digits", "mnist", "resnet8"))],
)
def test_accepts_what_the_project_ships(folder: str, workdir: Path) -> None:
    content = params_module.read(ROOT / folder / "params.yaml").content
    own = [content["model"].get(key) for key in ("build", "file")]
    for name in filter(None, (content["data"]["source"], *own)):
        path = workdir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    check_params(ROOT / folder / "params.yaml")


def test_accepts_what_the_tests_use(workdir: Path) -> None:
    assert check_params(Path("params.yaml")).seeds == TINY["seeds"]


def test_reads_numbers_as_dvc_does(workdir: Path) -> None:
    text = (workdir / "params.yaml").read_text()
    (workdir / "params.yaml").write_text(text.replace("learning_rate: 0.01", "learning_rate: 1e-3"))
    assert check_params(Path("params.yaml")).training.learning_rate == 0.001


@pytest.mark.parametrize("source", ["../wine.csv", "/tmp/wine.csv", "data/../../wine.csv"])
def test_a_source_outside_of_the_project_is_refused_though_it_is_there(
    params: dict[str, Any], workdir: Path, source: str
) -> None:
    (workdir.parent / "wine.csv").touch()
    params["data"] |= {"source": source}
    write_params(workdir, params)
    with pytest.raises(InputError, match=r"data\.source: .*wine\.csv.*data/wine\.csv"):
        check_params(Path("params.yaml"))
