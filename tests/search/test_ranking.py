"""Which trials are better."""

import math

import pytest

from secateur.search import ranking
from secateur.search.ranking import Goal

BOTH = Goal(["error", "gzip_bytes"], {})


def of(error: float | None, size: float) -> dict[str, float | None]:
    return {"error": error, "gzip_bytes": size}


@pytest.mark.parametrize(
    ("one", "other", "better"),
    [
        (of(1, 100), of(2, 200), True),
        (of(1, 100), of(1, 200), True),
        (of(1, 100), of(1, 100), False),
        (of(1, 300), of(2, 200), False),
        (of(2, 200), of(1, 300), False),
        (of(1, 100), of(None, 90), False),
        (of(None, 100), of(None, 100), False),
    ],
)
def test_one_is_better_if_it_is_worse_in_nothing(one: object, other: object, better: bool) -> None:
    assert BOTH.dominates(one, other) is better  # type: ignore[arg-type]


def test_what_keeps_its_limits_is_better_and_then_what_breaks_them_less() -> None:
    goal = Goal(["error"], {"gzip_bytes": 100, "macs": 10})
    kept, little, far = ({**of(error, size), "macs": macs} for error, size, macs in
                         ((9, 100, 10), (1, 110, 10), (0.5, 110, 20)))  # fmt: skip
    assert goal.excess(kept) == 0
    assert goal.excess(little) == pytest.approx(0.1)
    assert goal.excess(far) == pytest.approx(1.1)
    assert goal.dominates(kept, little)
    assert goal.dominates(little, far)
    assert not goal.dominates(far, little)
    unknown = {**of(1, 90), "macs": None}
    assert goal.excess(unknown) == math.inf


def test_the_front_and_the_best_of_it() -> None:
    trials = {1: of(3, 100), 2: of(1, 300), 3: of(2, 200), 4: of(3, 250), 5: of(math.nan, 10),
              6: of(2, 200)}  # fmt: skip
    assert ranking.front(BOTH, trials) == [1, 2, 3, 6]
    assert ranking.best(BOTH, trials) == 2
    assert ranking.best(Goal(["gzip_bytes", "error"], {}), trials) == 1
    assert ranking.best(Goal(["error", "gzip_bytes"], {"gzip_bytes": 200}), trials) == 3
    assert ranking.best(Goal(["error"], {"gzip_bytes": 5}), trials) is None
    assert ranking.front(BOTH, {}) == []


@pytest.mark.parametrize("factor", [1, 2, 4, 10])
def test_one_in_so_many_goes_on(factor: int) -> None:
    goal = Goal(["error"], {})
    trials = {number: of(float(number), 0) for number in range(20)}
    on = ranking.go_on(goal, trials, factor)
    assert on == list(range(math.ceil(20 / factor)))
    assert ranking.go_on(goal, {0: of(9, 9)}, factor) == [0]  # the first is the best so far
