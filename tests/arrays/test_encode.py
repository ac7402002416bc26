"""Stored values become inputs and targets: filled in, scaled, and one input per level."""

from typing import Any

import numpy as np
import pytest

from secateur.arrays import encode
from secateur.arrays.encoding import Encoding
from secateur.core.errors import InputError

TABLE = Encoding.model_validate({
    "task": "regression",
    "shape": [4],
    "columns": [
        {"type": "number", "name": "size", "mean": 2.0, "std": 0.5, "median": 3.0},
        {"type": "category", "name": "color", "levels": ["g", "r"], "most_frequent": "r"},
        {"type": "number", "name": "plain"},
    ],
    "target": {"name": "y", "mean": 10.0, "std": 4.0},
})  # fmt: skip
IMAGES = Encoding.model_validate({
    "task": "multiclass",
    "shape": [2, 3, 1],
    "columns": [{"type": "array", "name": "x", "mean": 127.3, "std": 61.7}],
    "target": {"name": "y", "classes": ["a", "b", "c"]},
})  # fmt: skip


def test_a_table_is_filled_in_scaled_and_given_an_input_per_level() -> None:
    stored = np.array([[1.0, 0, 7], [np.nan, 1, 8], [4, np.nan, 9], [2, encode.NEW, 0.1]])
    x = encode.inputs(TABLE, stored, "t")
    assert x.dtype == np.float32
    expected = [[-2, 1, 0, 7], [2, 0, 1, 8], [4, 0, 1, 9], [0, 0, 0, 0.1]]
    np.testing.assert_array_equal(x, np.array(expected, dtype=np.float32))
    assert encode.stored_shape(TABLE) == [3]


@pytest.mark.parametrize("kind", ["u1", ">i2", "f2", "f8", "?"])
def test_an_array_is_scaled_in_float64_whatever_its_type(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = np.random.default_rng(0).integers(0, 256, (50, 2, 3, 1)).astype(kind)
    expected = ((stored.astype(np.float64) - 127.3) / 61.7).astype(np.float32)
    for cells in (encode.CELLS_AT_ONCE, 7, 1):
        monkeypatch.setattr(encode, "CELLS_AT_ONCE", cells)
        np.testing.assert_array_equal(encode.inputs(IMAGES, stored, "t"), expected)
    assert encode.stored_shape(IMAGES) == [2, 3, 1]


def test_targets_are_scaled_or_are_indices_of_classes() -> None:
    np.testing.assert_array_equal(
        encode.targets(TABLE, np.array([[10.0], [12]]), "t"), [[0], [0.5]]
    )
    y = encode.targets(IMAGES, np.array([[2], [0]], dtype=np.uint8), "t")
    assert y.dtype == np.float32
    assert y.tolist() == [[2], [0]]
    with pytest.raises(InputError, match=r"t: target 'y': .* 0 to 2"):
        encode.targets(IMAGES, np.array([[3]], dtype=np.uint8), "t")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ([0, 0, np.nan], ["column 'plain'", "1 cells", "row 1"]),
        ([0, 0, -1e39], ["column 'plain'", "finite"]),
        ([0, 0, np.inf], ["column 'plain'", "finite"]),
        ([0, 2, 0], ["column 'color'", "-1 to 1"]),
        ([0, -2, 0], ["column 'color'", "-1 to 1"]),
        ([0, 0.5, 0], ["column 'color'", "-1 to 1"]),
    ],
)
def test_refuses_what_does_not_fit(row: Any, words: list[str]) -> None:
    with pytest.raises(InputError) as refusal:
        encode.inputs(TABLE, np.array([[0, 0, 0], row], dtype=np.float64), "t")
    assert all(word in str(refusal.value) for word in ["t: ", *words]), refusal.value


def test_the_extremes_tell_whether_every_number_is_finite() -> None:
    rows = np.zeros((9, 3))
    encode.check(TABLE, rows, "t")
    for extreme in (2e38, -2e38):  # finite, and no longer after a division by 0.5
        with pytest.raises(InputError, match="column 'size'"):
            encode.check(TABLE, np.vstack([rows, [extreme, 0, 0]]), "t")
    encode.check(TABLE, np.vstack([rows, [np.nan, np.nan, 0]]), "t")
    encode.check(TABLE, np.array([[np.nan, np.nan, 0]]), "t")
    images = np.zeros((2, 2, 3, 1))
    encode.check(IMAGES, images, "t")
    images[1, 0, 0] = 1e41
    with pytest.raises(InputError, match=r"t: x: .*finite"):
        encode.check(IMAGES, images, "t")
