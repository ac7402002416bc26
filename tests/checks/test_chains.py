"""Recipes start from each other; what cannot is refused with the chain spelled out."""

from typing import Any

import pytest

from secateur.checks.chains import chain, check_chains
from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.recipes.recipe import Recipe, Recipes

CONSTANT = {"type": "ConstantSparsity", "target_sparsity": 0.5}
GROWING = {
    "type": "PolynomialDecay", "initial_sparsity": 0.5, "final_sparsity": 0.8, "begin_step": 0,
    "end_step": 100,
}  # fmt: skip
KEEPING = {"preserve_sparsity": True}


def recipe(start: str, schedule: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    scope = "whole" if schedule else "none"
    return {"start": start, "scope": scope, "schedule": schedule, "epochs": 1, "patience": None,
            **more}  # fmt: skip


def recipes(**given: dict[str, Any]) -> dict[str, Recipe]:
    return validate(Recipes, given, "params.yaml: recipes")


def refusal(**given: dict[str, Any]) -> str:
    with pytest.raises(InputError) as refused:
        check_chains(recipes(**given))
    return str(refused.value)


def test_a_chain_goes_back_to_a_network_that_no_recipe_makes() -> None:
    made = recipes(c=recipe("b"), b=recipe("a"), a=recipe("baseline"), d=recipe("initial"))
    assert chain("c", made) == ["c", "b", "a", "baseline"]
    assert chain("d", made) == ["d", "initial"]
    check_chains(made)


def test_a_chain_may_be_long() -> None:
    links = {f"r{i}": recipe(f"r{i - 1}" if i else "baseline") for i in range(300)}
    made = recipes(**dict(reversed(links.items())))
    assert len(chain("r299", made)) == 301
    check_chains(made)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"a": recipe("a")}, ["recipes.a.start: 'a'", "a starts from a"]),
        ({"a": recipe("b"), "b": recipe("a")},
         ["recipes.a.start: 'b'", "a starts from b, b from a"]),
        ({"a": recipe("c"), "b": recipe("a"), "c": recipe("b"), "d": recipe("initial")},
         ["recipes.a.start: 'c'", "a starts from c, c from b, b from a"]),
        ({"a": recipe("b"), "b": recipe("c"), "c": recipe("b")},  # not in the circle itself
         ["recipes.a.start: 'b'", "a starts from b, b from c, c from b"]),
    ],
    ids=["self", "two", "three", "behind"],
)  # fmt: skip
def test_a_circle_is_refused(given: dict[str, Any], words: list[str]) -> None:
    message = refusal(**given)
    assert all(word in message for word in [*words, "circle"]), message


def test_an_unknown_start_is_refused_with_the_nearest_and_all_there_are() -> None:
    message = refusal(last=recipe("sparce"), sparse=recipe("baseline", CONSTANT))
    for word in ("recipes.last.start: 'sparce'", "did you mean 'sparse'?",
                 "last starts from sparce", "allowed: initial, baseline, sparse"):  # fmt: skip
        assert word in message


def test_an_unknown_start_is_found_behind_another_recipe() -> None:
    message = refusal(last=recipe("sparse"), sparse=recipe("basline", CONSTANT))
    for word in ("recipes.sparse.start: 'basline'", "did you mean 'baseline'?",
                 "last starts from sparse, sparse from basline",
                 "allowed: initial, baseline, last"):  # fmt: skip
        assert word in message


@pytest.mark.parametrize("name", ["initial", "baseline"])
def test_a_recipe_must_not_have_the_name_of_a_network_that_no_recipe_makes(name: str) -> None:
    with pytest.raises(InputError, match=rf"recipes.*'{name}'"):
        recipes(**{name: recipe("baseline"), "other": recipe(name)})


def test_a_recipe_may_learn_from_the_baseline_and_from_where_it_starts() -> None:
    check_chains(recipes(
        a=recipe("initial", distill={"from": "baseline"}),
        b=recipe("a", distill={"from": "a"}),
        c=recipe("b", distill={"from": "baseline"}),
    ))  # fmt: skip


def test_zeros_are_kept_along_a_chain() -> None:
    check_chains(recipes(
        sparse=recipe("initial", CONSTANT),
        between=recipe("sparse", **KEEPING),
        more=recipe("between", GROWING, **KEEPING),
        same=recipe("sparse", CONSTANT, **KEEPING),
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"a": recipe("baseline", **KEEPING)}, ["recipes.a.preserve_sparsity: True",
         "a starts from baseline"]),
        ({"a": recipe("b", **KEEPING), "b": recipe("baseline")},
         ["recipes.a.preserve_sparsity: True", "a starts from b, b from baseline"]),
        ({"a": recipe("b", **KEEPING), "b": recipe("c"), "c": recipe("baseline", CONSTANT)},
         ["recipes.a.preserve_sparsity: True", "b from c"]),  # b has let them grow again
        ({"a": recipe("baseline", CONSTANT, **KEEPING)}, ["recipes.a.preserve_sparsity: True"]),
    ],
)  # fmt: skip
def test_zeros_cannot_be_kept_where_none_arrive(given: dict[str, Any], words: list[str]) -> None:
    message = refusal(**given)
    assert all(word in message for word in words), message


def test_zeros_cannot_be_kept_from_untrained_weights() -> None:
    with pytest.raises(InputError, match=r"recipes\.a: .*preserve_sparsity.*initial"):
        recipes(a=recipe("initial", **KEEPING))


@pytest.mark.parametrize(
    "schedule",
    [{**CONSTANT, "target_sparsity": 0.4}, {**GROWING, "initial_sparsity": 0.49}],
    ids=["constant", "growing"],
)
def test_zeros_cannot_be_kept_by_a_schedule_that_begins_below_them(
    schedule: dict[str, Any],
) -> None:
    sparse = {"sparse": recipe("initial", CONSTANT), "between": recipe("sparse", **KEEPING)}
    message = refusal(**sparse, more=recipe("between", schedule, **KEEPING))
    begins = schedule.get("initial_sparsity", 0.4)
    for word in ("recipes.more.schedule", str(begins), "0.5",
                 "more starts from between, between from sparse, sparse from initial"):  # fmt: skip
        assert word in message
    check_chains(recipes(**sparse, more=recipe("between", schedule)))  # may lose them


def layers(**targets: float) -> dict[str, Any]:
    return {name: {**CONSTANT, "target_sparsity": target} for name, target in targets.items()}


def test_zeros_are_kept_by_the_schedule_of_each_layer() -> None:
    sparse = by_layer("baseline", layers(a=0.9, b=0.5))
    check_chains(recipes(sparse=sparse, more=by_layer("sparse", layers(a=0.9, b=0.6), **KEEPING)))
    check_chains(recipes(sparse=sparse, more=recipe("sparse", layers(c=0.9)["c"], **KEEPING)))
    for given, where in ((layers(a=0.8, b=0.6), "a"), (layers(a=0.9, c=0.6), "c")):
        message = refusal(sparse=sparse, more=by_layer("sparse", given, **KEEPING))
        assert f"recipes.more.schedule.{where}: " in message
        assert "0.9 or more" in message


def by_layer(start: str, schedules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {key: value for key, value in recipe(start, schedules, **more).items() if key != "scope"}


@pytest.mark.parametrize("spread", ["global", "erdos_renyi_kernel"])
def test_zeros_are_kept_by_the_spread_that_made_them(spread: str) -> None:
    """Of another, a layer may begin below the zeros that it has."""
    sparse = {"sparse": recipe("baseline", CONSTANT, spread=spread)}
    check_chains(recipes(**sparse, same=recipe("sparse", GROWING, spread=spread, **KEEPING)))
    check_chains(recipes(**sparse, kept=recipe("sparse", **KEEPING)))
    check_chains(recipes(**sparse, other=recipe("sparse", GROWING)))  # may lose them
    others = [
        recipe("sparse", GROWING, **KEEPING),
        {**recipe("sparse", GROWING, spread=spread, **KEEPING), "scope": ["hidden_1"]},
    ]
    for other in others:
        message = refusal(**sparse, other=other)
        words = ("recipes.other.spread: ", spread, "other starts from sparse", "or scope: none")
        assert all(word in message for word in words), message
    later = recipe("sparse", {**GROWING, "initial_sparsity": 0.4}, spread=spread, **KEEPING)
    assert "recipes.later.schedule: begins at sparsity 0.4" in refusal(**sparse, later=later)


def test_zeros_cannot_be_kept_by_pruning_blocks() -> None:
    """A block's mask is set by its mean, and single zeros in it would grow again."""
    with pytest.raises(InputError, match=r"recipes\.b: .*block_size \[2, 2\]"):
        recipes(
            a=recipe("initial", CONSTANT), b=recipe("a", CONSTANT, block_size=[2, 2], **KEEPING)
        )


def test_after_channels_nothing_may_need_the_shapes_of_kernels() -> None:
    thin = {"start": "baseline", "channels": {"keep": {"macs": 0.5}}, "epochs": 2, "patience": None}
    check_chains(recipes(thin=thin, zeros=recipe("thin", CONSTANT)))
    check_chains(recipes(thin=thin, zeros=recipe("thin", CONSTANT, spread="global")))
    for changes, words in (
        ({"block_size": [2, 2]}, ["recipes.zeros.block_size: [2, 2]", "must be [1, 1]"]),
        ({"spread": "erdos_renyi_kernel"}, ["recipes.zeros.spread", "uniform or global"]),
    ):
        zeros = {"zeros": recipe("between", CONSTANT, **changes)}
        message = refusal(thin=thin, between=recipe("thin"), **zeros)
        for word in (*words, "thin removes channels"):
            assert word in message
        check_chains(recipes(thin=thin, zeros=recipe("baseline", CONSTANT, **changes)))


def test_quantization_passes_zeros_on_if_it_keeps_them() -> None:
    def chain_with(**quantization: Any) -> dict[str, Any]:
        q8 = {"start": "a", "quantization": quantization, "epochs": 1, "patience": None}
        return {"a": recipe("baseline", CONSTANT), "q8": q8, "c": recipe("q8", **KEEPING)}

    check_chains(recipes(**chain_with()))
    assert refusal(**chain_with(keep=[])) == (
        "recipes.c.preserve_sparsity: True: no zeros reach it (c starts from q8, q8 from a, a from "
        "baseline); start from a recipe that prunes, or leave it out"
    )
