"""The recipes of a trial."""

import copy
from typing import Any

import pytest

from project import TINY
from secateur.core.errors import InputError
from secateur.search import space
from secateur.search.parameters import Search

CONTENT: dict[str, Any] = copy.deepcopy(TINY)
SEARCH = Search(
    recipe="tuned",
    vary={
        "recipes.tuned.epochs": {"low": 1, "high": 4},
        "recipes.finetuned.schedule.target_sparsity": [0.5, 0.75],
    },
    minimize=["error"],
    trials=5,
    unseen_seeds=[5],
)
VALUES = {"recipes.finetuned.schedule.target_sparsity": 0.75, "recipes.tuned.epochs": 4}


def test_a_chain_begins_with_what_is_trained_first() -> None:
    assert space.chain("tuned", CONTENT["recipes"]) == ["finetuned", "tuned"]
    assert space.chain("control", CONTENT["recipes"]) == ["control"]


def test_a_trial_has_its_chain_alone_and_leaves_params_as_they_are() -> None:
    found = space.trial(CONTENT, SEARCH, VALUES, [0, 1])
    assert CONTENT == TINY
    assert found["train"] == ["finetuned", "tuned"]
    assert found["seeds"] == [0, 1]
    assert found["recipes"].keys() == {"finetuned", "tuned"}
    assert found["recipes"]["finetuned"]["schedule"]["target_sparsity"] == 0.75
    assert found["recipes"]["tuned"]["epochs"] == 4


def test_what_recipes_share_by_an_alias_changes_in_one_alone() -> None:
    content = {"recipes": {"a": {"training": {"rate": 1}}, "b": {}}}
    content["recipes"]["b"]["training"] = content["recipes"]["a"]["training"]
    found = space.recipes(content, {"recipes.a.training.rate": 2})
    assert (found["a"]["training"]["rate"], found["b"]["training"]["rate"]) == (2, 1)


def test_what_lies_before_all_that_varies_is_not_trained_again() -> None:
    own = SEARCH.model_copy(update={"vary": {"recipes.tuned.epochs": [2, 4]}})
    found = space.trial(CONTENT, own, {"recipes.tuned.epochs": 4}, [0])
    assert found["train"] == ["tuned"]
    assert found["recipes"].keys() == {"finetuned", "tuned"}


def test_a_start_may_vary_and_the_chain_with_it() -> None:
    found = space.trial(CONTENT, SEARCH, {"recipes.tuned.start": "baseline"}, [0])
    assert found["train"] == ["tuned"]
    assert found["recipes"].keys() == {"tuned"}


def test_todays_values() -> None:
    assert space.today(SEARCH, CONTENT) == {
        "recipes.tuned.epochs": 2, "recipes.finetuned.schedule.target_sparsity": 0.5,
    }  # fmt: skip


def test_recipes_under_a_name_start_from_each_other() -> None:
    found = space.named(CONTENT, "tuned", VALUES, "lean")
    assert found.keys() == {"lean_finetuned", "lean"}
    assert found["lean"]["start"] == "lean_finetuned"
    assert found["lean_finetuned"]["start"] == "baseline"
    alone = space.named(CONTENT, "tuned", {"recipes.tuned.epochs": 4}, "lean")
    assert alone.keys() == {"lean"}
    assert alone["lean"]["start"] == "finetuned"


def test_a_key_below_none_is_told() -> None:
    with pytest.raises(InputError, match=r"recipes\.control\.schedule is no section"):
        space.recipes(CONTENT, {"recipes.control.schedule.target_sparsity": 0.5})
