"""The search: the same trials on any number of workers, and after any interruption."""

import json
import math
import random
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from secateur.core.errors import InputError
from secateur.search import ranking
from secateur.search.parameters import Search
from secateur.search.ranking import Goal
from secateur.search.study import Asked, Study, Tried, rows_of

TODAY = {"recipes.a.x": 0.5, "recipes.a.rate": 0.001, "recipes.a.rows": 32, "recipes.a.epochs": 500}
SEEDS = [3, 1, 2]


def search(sampler: str = "TPE", **changed: Any) -> Search:
    return Search(
        **{
            "recipe": "a",
            "vary": {
                "recipes.a.x": {"low": 0.0, "high": 1.0},
                "recipes.a.rate": {"low": 1e-4, "high": 1e-1, "log": True},
                "recipes.a.rows": [32, 64],
                "recipes.a.epochs": {"low": 100, "high": 900, "step": 100},
            },
            "minimize": ["error", "gzip_bytes"],
            "at_most": {"gzip_bytes": 700},
            "trials": 24,
            "unseen_seeds": [7],
            "under_way": 4,
            "sampler": sampler,
            **changed,
        }
    )


def opened(path: Path, given: Search) -> Study:
    return Study(path, "name", given, Goal(given.minimize, given.at_most), SEEDS, TODAY)


def figures(asked: Asked) -> dict[str, Any] | None:
    """A made-up network's; one in ten fails, one in ten diverges."""
    luck = random.Random(json.dumps([asked.values, asked.seeds]))
    if asked.number > 1 and luck.random() < 0.1:
        return None
    x, rate = asked.values["recipes.a.x"], asked.values["recipes.a.rate"]
    error = float(x) + abs(math.log10(float(rate)) + 2.5) + 0.1 * luck.random()
    diverged = asked.number > 1 and luck.random() < 0.1
    return {"error": None if diverged else error, "gzip_bytes": 900 - 500 * float(x)}


def made(
    path: Path, given: Search, workers: int = 1, killed: Collection[int] = ()
) -> tuple[list[Tried], list[Asked]]:
    """Make all trials, so many at once; after steps that are `killed`, begin without a memory."""
    study, order = opened(path, given), random.Random(workers)
    running, all_asked = list[Asked](), list[Asked]()
    for step in range(1000):
        while len(running) < workers and (asked := study.ask()):
            running.append(asked)
            all_asked.append(asked)
        if not running:
            return study.tried(), all_asked
        if step in killed:
            study, running = opened(path, given), []
            continue
        one = running.pop(order.randrange(len(running)))
        study.tell(one, figures(one), "it broke")
    raise AssertionError("it does not end")


@pytest.mark.parametrize("sampler", ["TPE", "NSGAII"])
def test_any_number_of_workers_and_any_kill_give_the_same_trials(
    tmp_path: Path, sampler: str
) -> None:
    given = search(sampler)
    once, _ = made(tmp_path / "once", given)
    assert len(once) == given.trials
    assert {why for one in once if (why := one.why)} <= {"it broke", "its figures are not finite"}
    assert any(one.why for one in once)
    assert made(tmp_path / "two", given, workers=2)[0] == once
    assert made(tmp_path / "nine", given, workers=9)[0] == once  # no more than 4 are under way
    killed, asked = made(tmp_path / "killed", given, workers=2, killed=(0, 7, 8, 20))
    assert killed == once
    # A kill loses what ran, at most, and nothing that had ended.
    assert len(asked) <= len(made(tmp_path / "again", given)[1]) + 4 * 2


def test_another_seed_gives_other_trials(tmp_path: Path) -> None:
    first, second = (made(tmp_path / str(n), search(seed=n, trials=6))[0] for n in (0, 1))
    assert first[0] == second[0]  # today's recipe
    assert first[1:] != second[1:]


def test_more_trials_go_on_with_those_there_are(tmp_path: Path) -> None:
    few, _ = made(tmp_path / "a", search(trials=8))
    more, asked = made(tmp_path / "a", search(trials=14))
    assert [one.values for one in more[:8]] == [one.values for one in few]
    for one, other in zip(few, more, strict=False):  # which may be among the best of more
        assert one.figures.items() <= other.figures.items()
    assert min(one.number for one in asked if len(one.seeds) == 1) == 9
    assert made(tmp_path / "b", search(trials=14))[0] == more


def test_the_first_trial_is_todays_recipe_with_all_seeds(tmp_path: Path) -> None:
    study = opened(tmp_path / "a", search())
    first = study.ask()
    assert first == Asked(1, dict(sorted(TODAY.items())), SEEDS[:1])
    study.tell(first, {"error": 99.0, "gzip_bytes": 9999})
    assert study.ask() == Asked(1, dict(sorted(TODAY.items())), SEEDS)


def test_the_best_with_one_seed_get_all_and_others_do_not(tmp_path: Path) -> None:
    given = search(reduction_factor=4)
    tried, asked = made(tmp_path / "a", given)
    goal = Goal(given.minimize, given.at_most)
    one_seed = {one.number: one.figures[1] for one in tried if 1 in one.figures}
    at_once = {1}
    for number in one_seed:
        before = {n: own for n, own in one_seed.items() if n <= number}
        at_once |= {number} & {*ranking.go_on(goal, before, 4)}
    at_last = {*ranking.go_on(goal, one_seed, 4)}
    assert at_last - at_once  # others were worse: some are among the best in the end
    assert {one.number for one in asked if len(one.seeds) == 3} == at_once | at_last
    failed = {one.number for one in tried if one.why}
    assert {number for number, _ in rows_of(tried, 3)} == (at_once | at_last) - failed
    assert len(asked) == len({(one.number, len(one.seeds)) for one in asked})
    everyone, _ = made(tmp_path / "b", search(reduction_factor=1))
    assert all(3 in one.figures or one.why for one in everyone)


def test_one_of_the_best_in_the_end_is_tried_again_fails_and_ends_like_any_other(
    tmp_path: Path,
) -> None:
    given = search(trials=12, reduction_factor=4)
    study, late = opened(tmp_path / "a", given), set[int]()
    while asked := study.ask():
        if len(study.tried()) == given.trials and len(asked.seeds) == 3 and asked.number > 1:
            assert study.tried_again(asked, "the disk is full")
            study = opened(tmp_path / "a", given)
            assert study.ask() == asked
            assert not study.tried_again(asked, "the disk is full")
            study.tell(asked, None, "it broke" if late else "")
            late.add(asked.number)
        else:
            study.tell(asked, figures(asked) or {"error": 9.0, "gzip_bytes": 600})
    assert late
    whys = {one.number: one.why for one in study.tried() if one.why}
    assert {*late} <= whys.keys()
    assert all(
        1 in one.figures and 3 not in one.figures for one in study.tried() if one.number in late
    )


def test_none_begins_when_it_is_late_and_what_goes_on_does(tmp_path: Path) -> None:
    study = opened(tmp_path / "a", search())
    first = study.ask()
    assert first
    study.tell(first, figures(first))
    goes_on = study.ask(begin=False)
    assert goes_on
    assert goes_on.seeds == SEEDS
    study.tell(goes_on, figures(goes_on))
    assert study.ask(begin=False) is None
    assert study.ask() is not None


def test_values_of_today_and_choices_are_taken_digit_by_digit(tmp_path: Path) -> None:
    given = search(vary={"recipes.a.x": {"low": 0.0, "high": 0.87654321},
                         "recipes.a.rate": [0.12345678, 0.2]}, trials=20)  # fmt: skip
    today = {"recipes.a.x": 0.76543211, "recipes.a.rate": 0.12345678}
    goal = Goal(["error"], {})
    study = Study(tmp_path / "a", "name", given.model_copy(update={"minimize": ["error"]}), goal,
                  [1], today)  # fmt: skip
    first = study.ask()
    assert first
    assert first.values == dict(sorted(today.items()))
    study.tell(first, {"error": 1.0})
    while asked := study.ask():
        assert asked.values["recipes.a.rate"] in (0.12345678, 0.2)
        assert 0.0 <= float(asked.values["recipes.a.x"]) <= 0.87654321
        study.tell(asked, {"error": float(asked.values["recipes.a.x"])})


def test_what_fails_twice_in_the_same_way_is_not_tried_for_ever(tmp_path: Path) -> None:
    study = opened(tmp_path / "a", search())
    asked = study.ask()
    assert asked
    assert study.tried_again(asked, "the disk is full")
    again = opened(tmp_path / "a", search())
    assert again.ask() == asked
    assert again.tried_again(asked, "no memory")
    assert not again.tried_again(asked, "no memory")


@pytest.mark.parametrize("asked", [0, 2])
def test_a_kill_while_a_trial_is_proposed_costs_that_trial_at_most(
    tmp_path: Path, asked: int
) -> None:
    given = search(trials=5)
    study = opened(tmp_path / "a", given)
    for _ in range(asked):
        one = study.ask()
        assert one
        study.tell(one, figures(one))
    study.study.ask({"recipes.a.x": study.space["recipes.a.x"]})
    tried, _ = made(tmp_path / "a", given)
    assert len(tried) == 5
    assert sum("killed while" in one.why for one in tried) == bool(asked)
    assert tried[0].values == dict(sorted(TODAY.items()))


def test_importances_are_shares_and_of_few_trials_there_are_none(tmp_path: Path) -> None:
    made(tmp_path / "a", search(trials=24))
    found = opened(tmp_path / "a", search(trials=24)).importances()
    assert found.keys() == {"error", "gzip_bytes"}
    assert max(found["gzip_bytes"], key=found["gzip_bytes"].__getitem__) == "recipes.a.x"
    for own in found.values():
        assert sum(own.values()) == pytest.approx(1, abs=0.01)
    made(tmp_path / "b", search(trials=4))
    assert opened(tmp_path / "b", search(trials=4)).importances() == {}


def test_a_file_that_is_no_storage_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "trials.sqlite"
    path.write_text("no database, whatever its name says")
    with pytest.raises(InputError, match=r"trials\.sqlite: cannot be read: .*; delete it"):
        opened(path, search())
