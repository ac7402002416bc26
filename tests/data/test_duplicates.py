"""Equal rows are found exactly, in tables and in arrays, and stay in one part of the split."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from secateur.data import duplicates, splitting
from secateur.data.columns import Column

SPLIT = splitting.Split(test_size=0.25, validation_size=0.2, random_state=42)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.sampled_from([0.0, -0.0, 1.0, 2.0, None]), st.integers(-1, 1),
                       st.integers(0, 1)), min_size=1, max_size=40)
)  # fmt: skip
def test_groups_are_those_of_a_dictionary_of_rows(
    rows: list[tuple[float | None, int, int]],
) -> None:
    table = {
        "a": Column(np.array([np.nan if a is None else a for a, _, _ in rows])),
        "c": Column(np.array([c for _, c, _ in rows]), ["x", "y"]),
    }
    found = duplicates.repeats(table, np.array([float(y) for _, _, y in rows]))
    numbers: dict[tuple[float | None, int, int], int] = {}  # -0.0 is 0.0
    assert found.groups.tolist() == [numbers.setdefault(row, len(numbers)) for row in rows]
    several = [row for row in numbers if rows.count(row) > 1]
    assert (found.distinct, found.rows) == (len(several), sum(map(rows.count, several)))


def test_images_are_compared_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "CELLS_AT_ONCE", 50)
    x = np.random.default_rng(0).integers(0, 255, (30, 4, 3, 2), dtype=np.uint8)
    x[17], x[29], x[20] = x[3], x[3], x[4]
    y = np.arange(30) % 2
    y[20] = 1 - y[4]
    found = duplicates.repeats(x, y)
    assert found.groups[[3, 17, 29]].tolist() == [3, 3, 3]
    assert found.groups[20] != found.groups[4]
    assert (found.distinct, found.rows) == (1, 3)


def test_rows_of_one_hash_that_differ_are_not_equal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Zeros:
        def __init__(self, seed: int) -> None: ...

        def randint(self, *args: object, **types: object) -> np.ndarray:
            return np.zeros(2, dtype=np.uint64) - np.uint64(1)

    monkeypatch.setattr(np.random, "RandomState", Zeros)  # the cells of a row only add up
    a = np.array([1.0, 2.0, 2.0, 1.0])
    found = duplicates.repeats({"a": Column(a)}, a[[1, 0, 0, 1]])
    assert found.groups.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize("classes", [None, np.arange(60) % 3])
def test_rows_without_an_equal_one_are_split_as_ever(classes: np.ndarray | None) -> None:
    plain = splitting.split(60, SPLIT, classes)
    grouped = splitting.split(60, SPLIT, classes, np.arange(60))
    for part, expected in zip(grouped, plain, strict=True):
        np.testing.assert_array_equal(part, expected)


@pytest.mark.parametrize("stratified", [False, True])
def test_no_row_stands_in_two_parts(stratified: bool) -> None:
    distinct = np.random.default_rng(0).integers(0, 60, 200)
    y = (distinct % 3).astype(float)
    found = duplicates.repeats({"a": Column(distinct.astype(float))}, y)
    parts = splitting.split(200, SPLIT, y if stratified else None, found.groups)
    assert sorted(np.concatenate(parts).tolist()) == list(range(200))
    in_parts = [set(distinct[part].tolist()) for part in parts]
    assert sum(map(len, in_parts)) == len(set.union(*in_parts)) == len(np.unique(distinct))
    # The distinct rows are split as rows of their own would be.
    apart = splitting.split(len(np.unique(found.groups)), SPLIT, _first(y, found, stratified))
    for part, expected in zip(parts, apart, strict=True):
        assert list(dict.fromkeys(found.groups[part].tolist())) == expected.tolist()


def _first(y: np.ndarray, found: duplicates.Repeats, stratified: bool) -> np.ndarray | None:
    return y[np.unique(found.groups, return_index=True)[1]] if stratified else None


@pytest.mark.parametrize("classes", [None, np.repeat([0, 1], 15)])
def test_too_few_distinct_rows_name_the_key(classes: np.ndarray | None) -> None:
    with pytest.raises(
        splitting.InputError, match=r"2 distinct rows of 30.*split\.duplicates: ignore"
    ):
        splitting.split(30, SPLIT, classes, np.repeat([0, 1], 15))
