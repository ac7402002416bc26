import numpy as np

from secateur.arrays.rows import Rows


def test_rows_of_some_inputs() -> None:
    rows = Rows(np.arange(6.0).reshape(2, 3), np.ones((2, 1)))
    assert rows.of_inputs([2, 0]).x.tolist() == [[2, 0], [5, 3]]
    assert rows.of_inputs(None) is rows
