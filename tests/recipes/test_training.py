"""How a model is trained."""

import pytest

from secateur.core.errors import InputError
from secateur.recipes.training import Training


def test_a_batch_may_be_as_large_as_the_training_rows_and_no_larger() -> None:
    training = Training(optimizer="Adam", learning_rate=0.01, batch_size=16)
    training.check_rows(16)
    with pytest.raises(InputError, match=r"training\.batch_size: 16: .*15"):
        training.check_rows(15)
