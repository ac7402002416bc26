"""What a run of the whole pipeline leaves behind, on tiny parameters, through the real DVC."""

import json
import platform
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_squared_error

from project import TINY, Repository
from secateur.artifacts import RESULTS
from secateur.compress import sparsity
from secateur.keras_io import h5_files
from secateur.report import environment

RECIPES = sorted(TINY["recipes"])


def test_a_run_says_what_trains_and_ends_with_the_table(pristine: Repository) -> None:
    lines = [line.strip() for line in pristine.output.splitlines()]
    for name in ("baseline", *RECIPES):
        for seed in (0, 1):
            (line,) = [line for line in lines if line.startswith(f"{name}, seed {seed}: ")]
            assert "epochs, validation MSE " in line
    assert pristine.output.endswith(pristine.text("metrics/summary.md"))
    noise = ("cuda", "onednn", "warning: all log", "tf_", "userwarning", "xla", "deprecat")
    assert not [line for line in lines if any(word in line.lower() for word in noise)]


def read(repository: Repository, name: str) -> dict[str, Any]:
    return json.loads(repository.text(f"metrics/{name}.json"))


def test_a_run_says_which_machine_made_the_results(pristine: Repository) -> None:
    """Stages ran in clones; the record is no output of DVC's, and must not stay there."""
    record = json.loads(pristine.text("metrics/environment.json"))
    results = [pristine.folder / path for path in RESULTS]
    assert record["results"] == environment.digest(results)
    assert record["python"] == platform.python_version()


def test_scores_are_what_the_files_predict(
    pristine: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Computed again by other means: an eager Keras model and scikit-learn."""
    evaluation = read(pristine, "evaluation")
    x, y = (np.load(pristine.folder / f"data/split/test/{name}.npy") for name in "xy")
    assert sorted(evaluation) == ["baseline", *RECIPES]
    for name in RECIPES:
        for artifact, folder in (("unstripped", "trained"), ("stripped", "stripped")):
            for seed in ("0", "1"):
                model = h5_files.load(
                    pristine.folder / "models" / folder / name / f"seed_{seed}.h5"
                )
                predicted = model(x.astype(np.float32)).numpy()
                mse = evaluation[name][artifact]["mse"]["seeds"][seed]
                assert mse == pytest.approx(mean_squared_error(y, predicted), rel=1e-4)
                zeros = evaluation[name][artifact]["sparsity"]
                for layer, kernel in sparsity.kernels(model).items():
                    assert zeros[layer]["seeds"][seed] == np.mean(kernel == 0)


def test_stripping_changes_no_prediction_and_shrinks_the_file(pristine: Repository) -> None:
    evaluation, sizes = read(pristine, "evaluation"), read(pristine, "sizes")
    for name in RECIPES:
        assert evaluation[name]["stripped"] == evaluation[name]["unstripped"]
        stripped, unstripped = (sizes[name][artifact] for artifact in ("stripped", "unstripped"))
        if name == "control":  # has no wrappers
            assert stripped["bytes"] == unstripped["bytes"]
        else:
            sizes_by_seed = (own["gzip_bytes"]["seeds"].values() for own in (stripped, unstripped))
            assert max(next(sizes_by_seed)) < min(next(sizes_by_seed))


def test_sparsity_reaches_its_target(pristine: Repository) -> None:
    evaluation = read(pristine, "evaluation")
    assert evaluation["whole_model"]["target"] == {"hidden_1": 0.5, "output": 0.5, "kernels": 0.5}
    targets = evaluation["dense_only"]["target"]
    assert targets == {"hidden_1": 0.75, "output": 0.0, "kernels": 0.75 * 48 / 56}
    for name in RECIPES:
        for layer, target in evaluation[name]["target"].items():
            reached = evaluation[name]["stripped"]["sparsity"][layer]["seeds"].values()
            assert list(reached) == pytest.approx([target] * 2, abs=0.1), (name, layer)


def test_sizes_are_those_of_the_files(pristine: Repository) -> None:
    table = pd.read_csv(pristine.folder / "metrics/size_table.csv")
    by_file = dict(zip(table["file"], table["bytes"], strict=True))
    for name in RECIPES:
        for seed in ("0", "1"):
            path = pristine.folder / f"models/stripped/{name}/seed_{seed}.h5"
            assert by_file[path.relative_to(pristine.folder).as_posix()] == path.stat().st_size


def test_dvc_shows_metrics_and_plots(pristine: Repository) -> None:
    shown = json.loads(pristine.run("dvc", "metrics", "show", "--json"))
    assert list(shown[""]["data"]) == ["metrics/summary.json"]
    detail = {"evaluation": read(pristine, "evaluation"), "sizes": read(pristine, "sizes")}
    found = read(pristine, "detail")
    costs, made_with = found.pop("costs"), found.pop("made_with")
    assert found == detail
    assert made_with == {"costs": read(pristine, "costs")["devices"], "times": {}}
    assert sorted(costs) == ["baseline", *RECIPES]
    of_all = read(pristine, "costs")["models"]
    for model, own in costs.items():
        npu = own["ethos_u"]
        assert npu["cycles"] == of_all[model][npu["artifact"]]["cycles"]
    figures = shown[""]["data"]["metrics/summary.json"]["data"]
    assert sorted(figures) == ["baseline", *RECIPES]
    sizes = pd.read_csv(pristine.folder / "metrics/size_table.csv")
    ship = json.loads(pristine.text("metrics/ship.json"))["models"]["control"]["artifact"]
    own = sizes[(sizes["model"] == "control") & (sizes["artifact"] == ship)]
    assert figures["control"]["ship"]["gzip_bytes"] == own["gzip_bytes"].median()
    plots = json.loads(pristine.run("dvc", "plots", "show", "--json"))
    assert "errors" not in plots
    points = plots["data"]["validation_loss"][0]["content"]["data"]["values"]
    pairs = {(point["model"], point["seed"]) for point in points}
    assert pairs == {(model, seed) for model in ("baseline", *RECIPES) for seed in ("0", "1")}
    assert all(float(point["val_loss"]) > 0 for point in points)
    assert {p["sparsity"] for p in points if p["model"] == "finetuned"} == {"0.5"}
    assert len(plots["data"]["test_error"][0]["content"]["data"]["values"]) == 2 * (
        1 + len(RECIPES)
    )
