"""Rows of a group stay in one part, and each part has about its share of rows and classes."""

import itertools

import numpy as np
import pytest

from secateur.core.errors import InputError
from secateur.data import grouped
from secateur.data.split_by import SplitBy
from secateur.data.splitting import Parts, Split

HOW = Split(test_size=0.25, validation_size=0.2, random_state=1, group="patient")


def split(groups: np.ndarray, classes: np.ndarray | None = None, how: Split = HOW) -> Parts:
    names = [f"p{i}" for i in range(int(groups.max()) + 1)]
    by = SplitBy("t.csv: split.group 'patient'", "group", "patient", groups, names)
    return grouped.split(by, how, classes, None if classes is None else ["well", "ill"])


def test_no_group_stands_in_two_parts() -> None:
    for seed in range(10):
        random = np.random.default_rng(seed)
        groups = random.integers(0, 12, 200)
        classes = random.integers(0, 2, 200)
        for parts in (split(groups), split(groups, classes)):
            assert sorted(np.concatenate(parts)) == [*range(200)]
            for one, other in itertools.combinations(parts, 2):
                assert not {*groups[one]} & {*groups[other]}
            if len({*groups}) == 12:
                assert [len({*groups[part]}) for part in parts] == [7, 2, 3]


def test_parts_of_unequal_groups_have_about_their_share_of_rows_and_classes() -> None:
    random = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), random.integers(1, 60, 40))
    classes = (groups % 4 == 0).astype(float)  # a group is of one class
    shares = [len(part) / len(groups) for part in split(groups)]
    np.testing.assert_allclose(shares, [0.6, 0.15, 0.25], atol=0.02)
    for part in split(groups, classes):
        assert classes[part].mean() == pytest.approx(classes.mean(), abs=0.05)


def test_the_seed_alone_decides() -> None:
    groups = np.arange(200) // 5
    first, again = split(groups), split(groups)
    assert all(map(np.array_equal, first, again))
    other = split(groups, how=HOW.model_copy(update={"random_state": 2}))
    assert not np.array_equal(first[2], other[2])


def test_what_cannot_be_divided_is_named() -> None:
    with pytest.raises(InputError, match=r"'patient'.* 1 groups \(p0\)"):
        split(np.zeros(20, dtype=int))
    groups = np.arange(60) // 6
    with pytest.raises(InputError, match=r"class 'ill' .* 1 groups \(p7\)"):
        split(groups, (groups == 7).astype(float))
    with pytest.raises(InputError, match=r"class 'ill' .* 2 groups \(p2, p7\)"):
        split(groups, np.isin(groups, [2, 7]).astype(float))
    parts = split(groups, np.isin(groups, [2, 5, 7]).astype(float))
    assert [{*groups[part]} & {2, 5, 7} != set() for part in parts] == [True] * 3


def test_rows_that_were_left_out_leave_no_group() -> None:
    groups = np.repeat([1, 3, 4], 5)
    assert [len({*groups[part]}) for part in split(groups)] == [1, 1, 1]
