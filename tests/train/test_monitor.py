"""Early stopping watches a figure of the validation rows; a training may keep its best epoch."""

from typing import Any

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.compress import pruning, sparsity
from secateur.core.tasks import TASKS, TaskName
from secateur.evaluate import scoring
from secateur.keras_io.backend import keras
from secateur.recipes.recipe import Recipe
from secateur.recipes.stopping import MONITORS
from secateur.recipes.training import Training
from secateur.train import training
from secateur.train.training import Trained, train_seeds
from small_networks import REGRESSION, dense
from small_networks import network as listed

FIGURES = [(task, monitor) for task, names in MONITORS.items() for monitor in names]
FAST = Training(optimizer="SGD", learning_rate=0.05, batch_size=18)


def network(task: TaskName, convolution: bool) -> keras.Model:
    layers = keras.layers
    keras.utils.set_random_seed(3)
    activation = {"regression": "linear", "binary": "sigmoid", "multiclass": "softmax"}[task]
    hidden = [layers.Reshape((6, 1)), layers.Conv1D(2, 3, name="c"), layers.Flatten()]
    return keras.Sequential([
        layers.Input((6,)), *(hidden if convolution else []),
        layers.Dense(4 if task == "multiclass" else 1, activation, name="output"),
    ])  # fmt: skip


@pytest.mark.parametrize("convolution", [False, True], ids=["compiled", "by step"])
@pytest.mark.parametrize(("task", "monitor"), FIGURES)
def test_each_figure_is_that_of_the_evaluation(
    task: TaskName, monitor: str, convolution: bool, friedman_rows: Rows
) -> None:
    """Of the validation rows after the epoch; a class may have no row."""
    y = friedman_rows.y / 20
    if task != "regression":
        y = np.digitize(y, [0.5, 0.8] if task == "multiclass" else [0.6]).astype(np.float32)
    train, validation = Rows(friedman_rows.x[:60], y[:60]), Rows(friedman_rows.x[60:], y[60:])
    seen: list[dict[str, float]] = []

    class Seen(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            seen.append(dict(logs))

    found: Trained
    (found,) = train_seeds(
        TASKS[task], "t", [(0, network(task, convolution))], train, validation, FAST, epochs=2,
        patience=None, callbacks=[Seen()], monitor=monitor, verbose=False,
    )  # fmt: skip
    predicted = found.model.predict(validation.x, verbose=0)
    scores = scoring.scores(TASKS[task], predicted, validation)
    names = {"val_loss": TASKS[task].metric, "val_auc": "roc_auc"}
    expected = scores[names.get(monitor, monitor.removeprefix("val_"))]
    tolerance = 0.02 if monitor == "val_auc" else 1e-5  # Keras's has 200 thresholds
    assert seen[-1][monitor] == pytest.approx(expected, rel=tolerance)
    assert set(seen[-1]) == {"loss", "val_loss", monitor}


GROWING = {
    "type": "PolynomialDecay", "initial_sparsity": 0.2, "final_sparsity": 0.75, "begin_step": 2,
    "end_step": 12, "frequency": 2,
}  # fmt: skip
RECIPE = Recipe(
    start="initial", scope="whole", schedule=GROWING, epochs=9, patience=None, restore_best=True
)


def pruned(
    rows: Rows, seeds: list[int], **how: Any
) -> dict[int, tuple[keras.Model, list[dict[str, float]]]]:
    """Networks that are pruned from the third epoch of five steps on, and learn too fast."""
    found = train_seeds(
        REGRESSION, "t", [(seed, listed(dense(8), 6, seed)) for seed in seeds], rows, rows,
        Training(optimizer="SGD", learning_rate=0.03, batch_size=18),
        wrap=lambda model: pruning.wrap(model, RECIPE), callbacks=pruning.callbacks(RECIPE),
        stop_from=RECIPE.first_full_epoch(90, 18), **{"epochs": 9, "patience": None, **how},
    )  # fmt: skip
    result = {}
    for seed, model, curves in found:
        copy = keras.models.clone_model(pruning.strip(model))
        copy.set_weights(pruning.strip(model).get_weights())
        result[seed] = (copy, curves)
    return result


@pytest.mark.parametrize("patience", [None, 2])
def test_the_best_epoch_is_restored_with_its_sparsity(
    patience: int | None, friedman_rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether or not training stops early; a better epoch before the target does not count."""
    whole = pruned(friedman_rows, [1, 2])
    lines = capsys.readouterr().out.splitlines()
    assert all("restored" not in line for line in lines)
    best = pruned(friedman_rows, [1, 2], restore_best=True, patience=patience)
    lines = capsys.readouterr().out.splitlines()
    some_restored = False
    for (seed, (model, curves)), line in zip(best.items(), lines, strict=True):
        considered = [row["val_loss"] for row in whole[seed][1]][2:]
        epoch = len(curves)
        assert epoch == curves[-1]["epoch"]
        if patience is None:
            assert epoch == 3 + int(np.argmin(considered))
        assert curves == whole[seed][1][:epoch]
        some_restored = some_restored or epoch < 9
        assert (f", epoch {epoch} restored," in line) == (f" {epoch} epochs" not in line)
        error = scoring.error(REGRESSION, model.predict(friedman_rows.x, verbose=0), friedman_rows)
        assert curves[-1]["val_loss"] == pytest.approx(error, rel=1e-5)
        assert sparsity.fraction_of_zeros(sparsity.kernels(model).values()) == pytest.approx(
            0.75, abs=0.01
        )
    assert some_restored


def test_a_training_that_diverges_keeps_its_best_epoch(
    friedman_rows: Rows, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    finite = training.compile_epoch
    numbers = iter(range(9))

    def diverging(*given: Any) -> Any:
        epoch = finite(*given)

        def run(*rows: Any) -> dict[str, Any]:
            figures = epoch(*rows)
            return {**figures, "val_loss": float("nan")} if next(numbers) == 5 else figures

        return run

    monkeypatch.setattr(training, "compile_epoch", diverging)
    ((model, curves),) = pruned(friedman_rows, [1], restore_best=True).values()
    assert "diverged in epoch 6" in (out := capsys.readouterr().out)
    assert f"epoch {len(curves)} restored" in out
    assert not training.diverged(curves)
    assert all(np.isfinite(values).all() for values in model.get_weights())


@pytest.mark.parametrize(("stop_from", "epochs"), [(0, 2), (2, 4)])
def test_a_score_is_best_where_it_is_highest_of_the_epochs_that_count(
    stop_from: int, epochs: int, friedman_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = iter([0.5, 0.9, 0.7, 0.8, 0.6, 0.75, 0.95])
    figures = {"loss": 1.0, "val_loss": 1.0}
    epoch = lambda *_: {**figures, "monitored": next(values)}  # noqa: E731
    monkeypatch.setattr(training, "compile_epoch", lambda *_: epoch)
    rows = Rows(friedman_rows.x, (friedman_rows.y > 14).astype(np.float32))
    found: Trained
    (found,) = train_seeds(
        TASKS["binary"], "t", [(0, network("binary", False))], rows, rows, FAST, epochs=7,
        patience=2, monitor="val_accuracy", stop_from=stop_from, restore_best=True, verbose=False,
    )  # fmt: skip
    assert len(found.curves) == epochs
