"""Which rows train, validate and test."""

import numpy as np
import pytest

from secateur.core.errors import InputError
from secateur.data import splitting
from secateur.data.friedman1 import GenerateData, friedman1


def test_the_default_split_is_the_published_one() -> None:
    """As the notebook does: `train_test_split`, then Keras's `validation_split`, its last rows."""
    from sklearn.model_selection import train_test_split

    x, _ = friedman1(GenerateData(n_samples=10_000, n_features=10, random_state=0))
    rest, test = train_test_split(x, test_size=0.33, random_state=42)
    settings = splitting.Split(test_size=0.33, validation_size=0.2, random_state=42)
    parts = splitting.split(10_000, settings)
    for part, expected in zip(parts, (rest[:5360], rest[5360:], test), strict=True):
        np.testing.assert_array_equal(x[part], expected)


@pytest.mark.parametrize("classes", [None, np.arange(20) % 3])
def test_every_row_is_in_exactly_one_part(classes: np.ndarray | None) -> None:
    settings = splitting.Split(test_size=0.25, validation_size=0.4, random_state=1)
    parts = splitting.split(20, settings, classes)
    assert tuple(len(part) for part in parts) == splitting.row_counts(20, settings) == (9, 6, 5)
    assert sorted(row for part in parts for row in part) == list(range(20))


def test_every_part_has_every_class_as_often_as_all_rows() -> None:
    classes = np.repeat([0, 1, 2], [100, 60, 40])
    settings = splitting.Split(test_size=0.25, validation_size=0.2, random_state=1)
    counts = [
        np.bincount(classes[part]).tolist() for part in splitting.split(200, settings, classes)
    ]
    assert counts == [[60, 36, 24], [15, 9, 6], [25, 15, 10]]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([6, 6, 6, 6], "3 validation rows .*4 classes"),
        ([92, 3], "10 validation rows"),
        ([37, 3], "split.validation_size"),
    ],
)
def test_a_split_that_leaves_a_class_out_of_a_part_is_refused(
    counts: list[int], words: str
) -> None:
    classes = np.repeat(np.arange(len(counts)), counts)
    settings = splitting.Split(test_size=0.25, validation_size=0.13, random_state=1)
    with pytest.raises(InputError, match=words) as refusal:
        splitting.split(len(classes), settings, classes)
    assert "split.test_size" in str(refusal.value)


@pytest.mark.parametrize(
    ("rows", "test_size", "validation_size"), [(2, 0.25, 0.2), (120, 0.999, 0.2), (90, 0.1, 0.999)]
)
def test_a_part_without_rows_is_refused(
    rows: int, test_size: float, validation_size: float
) -> None:
    settings = splitting.Split(test_size=test_size, validation_size=validation_size, random_state=1)
    with pytest.raises(InputError) as refusal:
        splitting.row_counts(rows, settings)
    for word in (f"test_size {test_size}", f"validation_size {validation_size}", f"{rows} rows"):
        assert word in str(refusal.value)
