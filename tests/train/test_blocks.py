"""Rows that do not fit into memory are trained on in blocks, in the same order."""

from typing import Any

import numpy as np
import pytest

from lazy_rows import Lazily
from secateur.arrays.rows import Rows
from secateur.core.tasks import TASKS
from secateur.recipes.training import Training
from secateur.train import epoch, training
from small_networks import NUMBERS, dense, network

TRAINING = Training(optimizer="Adam", learning_rate=0.01, batch_size=16)


def trained(train: Rows, validation: Rows, **options: Any) -> training.Trained:
    model = network(dense(12), train.x.shape[1])
    (found,) = training.train_seeds(
        TASKS["regression"], "t", [(3, model)], train, validation, TRAINING,
        epochs=3, patience=None, verbose=False, **options,
    )  # fmt: skip
    return found


def lazily(rows: Rows) -> Rows:
    return Rows(Lazily(np.asarray(rows.x)), rows.y)


@pytest.fixture
def parts(friedman_rows: Rows) -> tuple[Rows, Rows]:
    x, y = friedman_rows
    return Rows(x[:83], y[:83]), Rows(x[83:], y[83:])


def test_blocks_train_as_all_rows_at_once_do_and_repeat(
    parts: tuple[Rows, Rows], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained(*parts)
    monkeypatch.setattr(epoch, "BLOCK_BYTES", 2 * 16 * 6 * 4)  # two batches
    read, other = [*map(lazily, parts)], [*map(lazily, parts)]
    blocks, again = trained(*read), trained(*other)
    for one, two, three in zip(
        whole.model.get_weights(),
        blocks.model.get_weights(),
        again.model.get_weights(),
        strict=True,
    ):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)
        np.testing.assert_array_equal(two, three)
    for one_epoch, other_epoch in zip(whole.curves, blocks.curves, strict=True):
        assert one_epoch == pytest.approx(other_epoch, rel=1e-4)
    assert blocks.curves == again.curves
    assert read[0].x.asked == 3 * [32, 32, 19]  # type: ignore[attr-defined]


def test_a_pretrained_model_is_scored_by_blocks(parts: tuple[Rows, Rows]) -> None:
    model = network(dense(12), 6)
    near = [Rows(x, model.predict(x, verbose=0) + 0.01) for x, _ in parts]
    (whole,) = training.pretrained(TASKS["regression"], model, [0], *near, NUMBERS)
    (blocks,) = training.pretrained(TASKS["regression"], model, [0], *map(lazily, near), NUMBERS)
    assert blocks.curves == whole.curves
    assert blocks.curves[0]["loss"] == pytest.approx(0.0001, rel=1e-3)


def test_an_autoencoder_reads_a_block_once(friedman_rows: Rows) -> None:
    """Its targets are its inputs; in memory it trains to the same weights."""
    x = np.asarray(friedman_rows.x)
    weights = []
    for given in (x, Lazily(x)):
        model = network(dense(12), 6, outputs=6)
        rows = Rows(given, given)
        (found,) = training.train_seeds(
            TASKS["regression"], "t", [(3, model)], rows, rows, TRAINING,
            epochs=1, patience=None, verbose=False,
        )  # fmt: skip
        weights.append(found.model.get_weights())
    assert sum(given.asked) == 2 * len(x)
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
