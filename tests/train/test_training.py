"""Several seeds share one compiled program, and each is trained as if it were alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.compress import pruning
from secateur.core.errors import InputError
from secateur.keras_io.backend import keras, tf
from secateur.recipes.recipe import Recipe
from secateur.recipes.training import Training
from secateur.train import training
from secateur.train.training import Trained, batch_order, train_seeds
from small_networks import NUMBERS, REGRESSION, dense, listing, network

TRAINING = Training(optimizer="Adam", learning_rate=0.01, batch_size=18)
COSINE = Training(
    optimizer="AdamW", learning_rate=0.01, batch_size=18, learning_rate_schedule="CosineDecay"
)
CONSTANT = {"type": "ConstantSparsity", "target_sparsity": 0.5, "begin_step": 4, "frequency": 4}
GROWING = {
    "type": "PolynomialDecay", "initial_sparsity": 0.2, "final_sparsity": 0.75, "begin_step": 2,
    "end_step": 12, "frequency": 2,
}  # fmt: skip


def recipe(schedule: dict[str, Any], **more: Any) -> Recipe:
    return Recipe(start="initial", scope="whole", schedule=schedule, epochs=3, patience=None,
                  **more)  # fmt: skip


def trained(
    seeds: list[int],
    rows: Rows,
    recipe: Recipe | None = None,
    settings: Training = TRAINING,
    **more: Any,
) -> dict[int, tuple[dict[str, np.ndarray], list[dict[str, float]]]]:
    """By seed the variables and the curves."""
    drops = listing({"type": "Dense", "units": 12}, {"type": "Dropout", "rate": 0.2})
    result = train_seeds(
        REGRESSION, "test", [(seed, network(drops, 6, seed)) for seed in seeds], rows, rows,
        settings,
        **{"epochs": 3, "patience": None, "verbose": False, **more},
        wrap=lambda model: pruning.wrap(model, recipe) if recipe else model,
        callbacks=pruning.callbacks(recipe) if recipe else (),
    )  # fmt: skip
    return {
        seed: ({variable.name: variable.numpy() for variable in model.variables}, curves)
        for seed, model, curves in result
    }


@pytest.mark.parametrize(
    ("pruned", "settings"),
    [
        (recipe(CONSTANT), TRAINING),
        (recipe(GROWING), COSINE),
        (recipe(CONSTANT), TRAINING.model_copy(update={"optimizer": "Nadam"})),
    ],
    ids=["constant sparsity", "growing sparsity, AdamW with a cosine", "Nadam"],
)
def test_a_seed_does_not_depend_on_those_trained_before_it(
    pruned: Recipe, settings: Training, friedman_rows: Rows
) -> None:
    alone = trained([5], friedman_rows, pruned, settings)[5]
    second = trained([2, 5], friedman_rows, pruned, settings)[5]
    for key, value in alone[0].items():
        np.testing.assert_array_equal(second[0][key], value, key)
    assert alone[1] == second[1]
    assert any(0 < mask.mean() < 1 for key, mask in alone[0].items() if "mask" in key)
    assert [row["epoch"] for row in alone[1]] == [1, 2, 3]
    assert alone[1][-1]["sparsity"] == pytest.approx(pruned.schedule.target, abs=0.01)


def test_seeds_differ_and_their_losses_fall(friedman_rows: Rows) -> None:
    result = trained([0, 1], friedman_rows)
    kernels = [variables["hidden_1/kernel:0"] for variables, _ in result.values()]
    assert not np.array_equal(*kernels)
    for seed, (_, curves) in result.items():
        assert [list(row) for row in curves] == [
            ["seed", "epoch", "loss", "val_loss", "sparsity"]
        ] * 3
        assert [(row["seed"], row["sparsity"]) for row in curves] == [(seed, 0.0)] * 3
        assert curves[0]["loss"] > curves[1]["loss"] > curves[2]["loss"]


def test_every_recipe_of_a_seed_has_the_same_order_of_rows() -> None:
    assert sorted(batch_order(0, 0, 9)) == list(range(9))
    orders = [batch_order(seed, epoch, 50).tolist() for seed in (0, 1) for epoch in (0, 1)]
    assert len({tuple(order) for order in orders}) == 4
    assert batch_order(1, 1, 50).tolist() == orders[3]


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give the epochs' validation losses in place of training."""

    def give(*values: float) -> None:
        left = iter(values)
        epoch = lambda *_: {"loss": tf.constant(1.0), "val_loss": tf.constant(next(left))}  # noqa: E731
        monkeypatch.setattr(training, "compile_epoch", lambda *_: epoch)

    return give


def run(
    train: Rows, validation: Rows, models: list[tuple[int, keras.Model]] | None = None, **how: Any
) -> list[Trained]:
    models = models or [(0, network(dense(4), 6))]
    given = {"epochs": 9, "patience": None, **how}
    return [*train_seeds(REGRESSION, "t", models, train, validation, TRAINING, **given)]


@pytest.mark.parametrize(
    ("patience", "stop_from", "epochs"), [(2, 0, 3), (2, 4, 7), (3, 0, 4), (None, 0, 9)]
)
def test_early_stopping_counts_only_from_the_epoch_given(
    friedman_rows: Rows,
    losses: Callable[..., None],
    patience: int | None,
    stop_from: int,
    epochs: int,
) -> None:
    losses(*map(float, range(9)))  # worse and worse
    (found,) = run(friedman_rows, friedman_rows, patience=patience, stop_from=stop_from)
    assert len(found.curves) == epochs


def test_early_stopping_waits_while_the_validation_loss_falls(
    friedman_rows: Rows, losses: Callable[..., None]
) -> None:
    losses(5, 4, 4.5, 3, 3.5, 3.5, 1)
    (found,) = run(friedman_rows, friedman_rows, patience=2)
    assert [row["val_loss"] for row in found.curves] == [5, 4, 4.5, 3, 3.5, 3.5]


def test_prints_a_line_for_each_finished_training(
    friedman_rows: Rows, losses: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    losses(*[2.5, 0.125] * 2)
    models = [(seed, network(dense(4), 6, seed)) for seed in (4, 6)]
    run(friedman_rows, friedman_rows, models, epochs=2)
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        f"t, seed {seed}: 2 epochs, validation MSE 0.125" for seed in (4, 6)
    ]
    assert err == ""  # no bar where there is no terminal


def test_an_earlier_runs_logs_do_not_join_this_ones(
    friedman_rows: Rows, losses: Callable[..., None], tmp_path: Any
) -> None:
    """And those of another seed, which another process may be writing, stay."""
    old, other = (tmp_path / f"logs/seed_{seed}/events.out.tfevents.1" for seed in (0, 7))
    for file in (old, other, tmp_path / "logs/seed_0/notes.md"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    losses(1.0)
    run(friedman_rows, friedman_rows, epochs=1, logs_folder=tmp_path / "logs")
    files = {path for path in (tmp_path / "logs").rglob("*") if path.is_file()}
    assert {other, tmp_path / "logs/seed_0/notes.md"} < files
    assert old not in files
    assert len(files) == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"train": 5}, r"t: .*\(5,\).*\(6,\)"),
        ({"train": 5, "validation": 5}, r"t: .*seed 0.*\(6,\).*\(5,\)"),
        ({"rows": 17}, "batch_size: 18: .*17"),
    ],
)
def test_refuses_data_that_do_not_fit(
    friedman_rows: Rows, change: dict[str, int], words: str
) -> None:
    x, y = friedman_rows
    rows = change.get("rows", 90)
    train = Rows(x[:rows, : change.get("train", 6)], y[:rows])
    validation = Rows(x[:, : change.get("validation", 6)], y)
    with pytest.raises(InputError, match=words):
        run(train, validation)


def test_refuses_seeds_of_different_networks(friedman_rows: Rows) -> None:
    models = [(0, network(dense(4), 6)), (1, network(dense(9), 6, 1))]
    with pytest.raises(InputError, match="seed 1"):
        run(friedman_rows, friedman_rows, models)


def test_refuses_several_outputs_for_one_number(friedman_rows: Rows) -> None:
    models = [(0, network(dense(4), 6, outputs=2))]
    with pytest.raises(InputError, match=r"\(2,\).*regression"):
        run(friedman_rows, friedman_rows, models)


def linear(weight: float) -> keras.Model:
    """Predicts a multiple of the first input."""
    model = network(listing({"type": "Dense", "units": 1}), 6)
    model.set_weights([np.eye(6, 1), np.zeros(1), np.full((1, 1), weight), np.zeros(1)])
    return model


def test_a_pretrained_model_is_every_seeds_with_its_losses_as_epoch_0(
    friedman_rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = Rows(friedman_rows.x, 2 * friedman_rows.x[:, :1])
    model = linear(2.0)
    found = [*training.pretrained(REGRESSION, model, [3, 8], rows, rows, NUMBERS)]
    assert [(own.seed, own.model) for own in found] == [(3, model), (8, model)]
    for own in found:
        (row,) = own.curves
        assert (row["seed"], row["epoch"], row["sparsity"]) == (own.seed, 0, 0.0)
        assert row["loss"] == row["val_loss"] == pytest.approx(0, abs=1e-10)
    assert "pretrained: validation MSE" in capsys.readouterr().out


def test_a_pretrained_model_that_knows_nothing_is_refused(friedman_rows: Rows) -> None:
    rows = friedman_rows
    with pytest.raises(InputError, match=r"model\.file: .* MSE .*data\.standardize"):
        next(training.pretrained(REGRESSION, linear(99.0), [0], rows, rows, NUMBERS))


def test_a_pretrained_models_penalty_is_no_error(friedman_rows: Rows) -> None:
    """A good model with a regularizer was refused for its penalty."""
    rows = Rows(friedman_rows.x, 2 * friedman_rows.x[:, :1])
    model = linear(2.0)
    model.layers[0].kernel_regularizer = keras.regularizers.L2(1000.0)
    model = keras.models.clone_model(model)
    model.set_weights(linear(2.0).get_weights())
    (own,) = training.pretrained(REGRESSION, model, [0], rows, rows, NUMBERS)
    assert own.curves[0]["val_loss"] == pytest.approx(0, abs=1e-10)
    assert model.losses[0] == 1000


def diverging(rows: Rows, rate: float = 1e6) -> list[Trained]:
    settings = Training(optimizer="SGD", learning_rate=rate, batch_size=18)
    models = [(seed, network(dense(12), 6, seed)) for seed in (0, 1)]
    return [*train_seeds(
        REGRESSION, "test", models, rows, rows, settings, epochs=50, patience=None, verbose=False
    )]  # fmt: skip


def test_a_loss_that_is_not_finite_stops_its_seed_and_is_told(
    friedman_rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    found = diverging(friedman_rows)
    lines = capsys.readouterr().out.splitlines()
    for seed, (trained, line) in enumerate(zip(found, lines, strict=True)):
        assert trained.diverged
        assert len(trained.curves) < 10
        assert f"test, seed {seed}: diverged in epoch {len(trained.curves)}:" in line
        assert "the learning rate of 1e+06" in line


def test_huge_targets_are_named_as_the_cause(
    friedman_rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    huge = Rows(friedman_rows.x, friedman_rows.y * np.float32(1e30))
    assert all(trained.diverged for trained in diverging(huge, 0.01))
    assert "targets up to 2" in (out := capsys.readouterr().out)
    assert "data.standardize: true" in out


def test_a_baseline_without_one_seed_that_converged_is_refused(friedman_rows: Rows) -> None:
    good, bad = ({"loss": value, "val_loss": 1.0} for value in (1.0, np.inf))
    lost = [Trained(seed, network(dense(1), 2), [good, bad]) for seed in (0, 1)]
    kept = Trained(2, lost[0].model, [good])
    assert [own.seed for own in training.some_converge([*lost, kept])] == [0, 1, 2]
    passed = []
    with pytest.raises(InputError, match="every seed diverged"):
        passed += training.some_converge(lost)
