"""An Embedding layer gets no number that it has no row for, wherever it stands."""

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.checks import embeddings
from secateur.core.errors import InputError
from secateur.keras_io.backend import keras

L = keras.layers


def rows(x: np.ndarray) -> Rows:
    return Rows(x.astype(np.float32), np.zeros((len(x), 1), dtype=np.float32))


def test_a_part_of_the_inputs_is_looked_at_in_all_rows() -> None:
    inputs = L.Input((3,))
    outputs = L.Dense(1)(L.Flatten()(L.Embedding(5, 2, name="ids")(inputs[:, :1])))
    model = keras.Model(inputs, outputs)
    assert embeddings.any_in(model)
    x = np.full((5000, 3), 4.0)
    x[:, 1:] = 77  # no input of the layer
    embeddings.check("here", model, rows(x), "test")
    x[4999, 0] = 9
    with pytest.raises(InputError, match=r"'ids' takes .* 0 to 4; the test rows have 4 to 9: set"):
        embeddings.check("here", model, rows(x), "test")


def test_a_network_without_one_takes_any_numbers() -> None:
    model = keras.Sequential([L.Input((2,)), L.Dense(1)])
    assert not embeddings.any_in(model)
    embeddings.check("here", model, rows(np.full((2, 2), -9.5)), "training")
