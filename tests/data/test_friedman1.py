"""Friedman #1 is its formula."""

import numpy as np

from secateur.data.friedman1 import USED, GenerateData, friedman1


def test_y_is_the_published_function_of_the_first_inputs() -> None:
    x, y = friedman1(GenerateData(n_samples=50, n_features=10, random_state=0))
    assert x.shape == (50, 10)
    assert USED == 5
    expected = (
        10 * np.sin(np.pi * x[:, 0] * x[:, 1])
        + 20 * (x[:, 2] - 0.5) ** 2
        + 10 * x[:, 3]
        + 5 * x[:, 4]
    )
    np.testing.assert_allclose(y[:, 0], expected)
