"""What a guess that knows no inputs is worth."""

import numpy as np
import pytest
from sklearn.metrics import log_loss, mean_squared_error

from secateur.core.tasks import TASKS, guessed


@pytest.mark.parametrize("counts", [[50, 50], [10, 30, 60]])
def test_who_only_knows_how_frequent_classes_are_has_this_log_loss(counts: list[int]) -> None:
    true = np.repeat(np.arange(len(counts)), counts)
    shares = np.tile(np.array(counts) / sum(counts), (len(true), 1))
    known = log_loss(true, shares, labels=np.arange(len(counts)))
    assert guessed(TASKS["multiclass"], true[:, None]) == pytest.approx(known)


def test_who_only_knows_the_mean_has_this_mse() -> None:
    true = np.array([[1.0], [2.0], [6.0]])
    known = mean_squared_error(true, np.full_like(true, true.mean()))
    assert guessed(TASKS["regression"], true) == pytest.approx(known)
