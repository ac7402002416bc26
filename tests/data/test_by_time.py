"""The last rows test; rows of one time stay in one part."""

from collections.abc import Sequence

import numpy as np
import pytest

from secateur.core.errors import InputError
from secateur.data import by_time
from secateur.data.split_by import SplitBy
from secateur.data.splitting import Split

HOW = Split(test_size=0.25, validation_size=0.2, random_state=1, time="when")


def split(times: Sequence[int]) -> list[list[int]]:
    by = SplitBy("t.csv: split.time 'when'", "time", "when", np.array(times))
    return [part.tolist() for part in by_time.split(by, HOW)]


def test_parts_follow_each_other_in_time() -> None:
    times = np.random.default_rng(0).permutation(40)
    parts = split(times.tolist())
    assert [len(part) for part in parts] == [24, 6, 10]
    assert times[np.concatenate(parts)].tolist() == [*range(40)]


def test_rows_of_one_time_stay_in_one_part() -> None:
    # Of 20 rows the last 5 would test, and those from row 12 on validate.
    times = [0] * 9 + [1] * 4 + [2] * 3 + [3] * 4
    assert [len(part) for part in split(times)] == [13, 3, 4]
    assert [len(part) for part in split([0] * 18 + [1] + [2])] == [18, 1, 1]
    assert [len(part) for part in split([0] + [1] + [2] * 18)] == [1, 1, 18]
    for seed in range(20):
        drawn = np.random.default_rng(seed).integers(0, 6, 30)
        parts = [drawn[part] for part in split(drawn.tolist())]
        assert parts[0].max() < parts[1].min()
        assert parts[1].max() < parts[2].min()


def test_two_times_are_too_few() -> None:
    with pytest.raises(InputError, match=r"split\.time 'when'.* 2 .*at least 3"):
        split([0, 1, 1, 0])
