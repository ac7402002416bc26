"""A recipe's arithmetic: what it is to reach, and when."""

from typing import Any

import pytest

from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.recipes.recipe import Recipe, Recipes
from secateur.recipes.scopes import Layer

SCHEDULE = {
    "type": "PolynomialDecay", "initial_sparsity": 0.2, "final_sparsity": 0.8, "begin_step": 0,
    "end_step": 20, "frequency": 5,
}  # fmt: skip
KERNELS = {"a": Layer("Dense", (10, 8)), "n": Layer("BatchNormalization"),
           "b": Layer("Dense", (8, 1))}  # fmt: skip
NOTHING = {"scope": "none", "schedule": None}


def recipe(**changes: Any) -> Recipe:
    return Recipe(**{
        "start": "initial", "scope": "whole", "schedule": SCHEDULE, "epochs": 4, "patience": 1,
        **changes,
    })  # fmt: skip


def test_early_stopping_waits_for_the_epoch_that_reaches_the_target() -> None:
    assert recipe().first_full_epoch(rows=50, batch_size=10) == 3  # steps 16 to 20
    assert recipe().first_full_epoch(rows=51, batch_size=10) == 3  # steps 19 to 24
    assert recipe().first_full_epoch(rows=200, batch_size=10) == 0
    assert recipe(**NOTHING).first_full_epoch(1, 1) == 0


def test_too_few_epochs_are_refused_with_those_needed() -> None:
    with pytest.raises(InputError, match=r"epochs: 4 .*16 steps.*0\.8 at step 20.*5 epochs"):
        recipe().first_full_epoch(rows=40, batch_size=10)


def test_targets_by_scope() -> None:
    assert recipe().targets(KERNELS) == {"a": 0.8, "b": 0.8}
    assert recipe(scope=["b"]).targets(KERNELS) == {"a": 0.0, "b": 0.8}
    assert recipe(**NOTHING).targets(KERNELS) == {"a": 0.0, "b": 0.0}


# Sparsity by layer

CONSTANT = {"type": "ConstantSparsity", "target_sparsity": 0.5}
CONVOLUTIONS = {
    "conv_1": Layer("Conv2D", (3, 3, 1, 4)), "conv_2": Layer("Conv2D", (3, 3, 4, 4)),
    "n": Layer("BatchNormalization"), "c.d": Layer("Dense", (64, 8), own="c/d"),
    "output": Layer("Dense", (8, 2)),
}  # fmt: skip


def by_layer(schedules: dict[str, Any], **changes: Any) -> Recipe:
    given = {"start": "initial", "schedule": schedules, "epochs": 4, "patience": 1, **changes}
    return validate(Recipe, given, "r")


def test_a_schedule_by_layer_names_the_layers_to_prune() -> None:
    made = by_layer({"c/d": SCHEDULE, "conv_*": CONSTANT})
    assert made.scope == ["c/d", "conv_*"]
    targets = {"conv_1": 0.5, "conv_2": 0.5, "c.d": 0.8, "output": 0.0}
    assert made.targets(CONVOLUTIONS) == targets
    assert list(made.schedules(CONVOLUTIONS)) == ["conv_1", "conv_2", "c.d"]
    named = made.in_names_of(CONVOLUTIONS)
    assert named.scope == [*named.schedule] == ["conv_1", "conv_2", "c.d"]
    assert named.targets(CONVOLUTIONS) == targets
    assert validate(Recipe, made.model_dump(), "r") == made


def test_early_stopping_waits_for_the_last_of_several_schedules() -> None:
    made = by_layer({"a": {**CONSTANT, "begin_step": 3}, "b": SCHEDULE})
    assert made.first_full_epoch(rows=50, batch_size=10) == 3  # steps 16 to 20
    with pytest.raises(InputError, match=r"schedule of b reaches 0\.8 at step 20"):
        made.first_full_epoch(rows=40, batch_size=10)


@pytest.mark.parametrize(
    ("schedules", "words"),
    [
        ({"hidden_9": CONSTANT}, ["schedule: 'hidden_9' matches no", "c/d (Dense)"]),
        ({"n": CONSTANT, "output": CONSTANT}, ["schedule: layer 'n' (BatchNormalization)"]),
        ({"conv_*": CONSTANT, "conv_2": SCHEDULE}, ["schedule.conv_2: ", "'conv_*'"]),
        ({"c/d": CONSTANT, "c.d": SCHEDULE}, ["schedule.c.d: layer 'c/d'", "each layer takes one"]),
    ],
)
def test_a_layer_that_a_schedule_cannot_mean_is_named(
    schedules: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(InputError) as refusal:
        by_layer(schedules).targets(CONVOLUTIONS)
    assert all(word in str(refusal.value) for word in words), refusal.value


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scope": "whole"}, ["scope 'whole'", "schedule: a, b", "leave scope out"]),
        ({"scope": ["a"]}, ["scope ['a']", "leave scope out"]),
        ({"spread": "global"}, ["spread: 'global'", "leave it out, or give one schedule"]),
        ({"schedule": {"a": CONSTANT, "b": 0.5}}, ["r.schedule.b: 0.5"]),
        ({"schedule": {"a": CONSTANT, "b": {"target_sparsity": 0.5}}},
         ["r.schedule.b", "must have a `type`"]),
        ({"schedule": {"a": {**CONSTANT, "target_sparsity": 2}}}, ["r.schedule.a.target_sparsity"]),
        ({"schedule": {}}, ["r.schedule: {}", "`type`"]),
        ({"schedule": {"target_sparsity": 0.5}}, ["r.schedule", "must have a `type`"]),
    ],
)  # fmt: skip
def test_what_does_not_go_with_a_schedule_by_layer_is_refused(
    changes: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(InputError) as refusal:
        by_layer(**{"schedules": {"a": CONSTANT, "b": CONSTANT}, **_renamed(changes)})
    assert all(word in str(refusal.value) for word in words), refusal.value


def _renamed(changes: dict[str, Any]) -> dict[str, Any]:
    return {"schedules" if key == "schedule" else key: value for key, value in changes.items()}


def test_a_layer_may_have_the_name_of_a_key() -> None:
    assert by_layer({"type": CONSTANT}).scope == ["type"]


def test_zeros_spread_by_shape_over_the_layers_in_scope_to_the_same_total() -> None:
    made = recipe(spread="erdos_renyi_kernel", scope=["Conv2D", "c/d"])
    found = made.schedules(CONVOLUTIONS)
    sizes = {"conv_1": 36, "conv_2": 144, "c.d": 512}
    for reached in ("initial", "target"):
        zeros = sum(getattr(found[name], reached) * size for name, size in sizes.items())
        assert zeros / 692 == pytest.approx(getattr(made.schedule, reached))
    assert found["conv_1"].target < found["c.d"].target < found["conv_2"].target
    assert {own.end_step for own in found.values()} == {20}
    targets = made.targets(CONVOLUTIONS)
    assert targets == {name: own.target for name, own in found.items()} | {"output": 0.0}


def test_layers_that_one_threshold_prunes_have_no_targets_of_their_own() -> None:
    made = recipe(spread="global", scope=["Conv2D"])
    assert made.targets(CONVOLUTIONS) == {"c.d": 0.0, "output": 0.0}
    assert made.together(CONVOLUTIONS) == {"conv_1": 0.8, "conv_2": 0.8}
    assert recipe(scope=["Conv2D"]).together(CONVOLUTIONS) == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({**NOTHING, "spread": "global"}, ["spread: 'global'"]),
        ({"spread": "global", "block_size": [2, 2]}, ["spread: 'global'", r"\[2, 2\]"]),
        ({"spread": "local"}, ["uniform", "erdos_renyi_kernel", "global"]),
    ],
)
def test_a_spread_without_a_schedule_or_of_blocks_is_refused(
    changes: dict[str, Any], words: list[str]
) -> None:
    for word in words:
        with pytest.raises(ValueError, match=word):
            recipe(**changes)


@pytest.mark.parametrize("block", [[2, 3], [1, 2], [2, 1]])
def test_blocks_do_not_fit_a_single_column(block: list[int]) -> None:
    with pytest.raises(InputError, match=r"block_size: .*'b'.*8 x 1"):
        recipe(block_size=block).targets(KERNELS)
    assert recipe(block_size=block, scope=["a"]).chosen(KERNELS) == ["a"]


@pytest.mark.parametrize("change", [{"schedule": None}, {"scope": "none"}])
def test_a_schedule_goes_with_a_scope(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"scope .*schedule") as error:
        validate(Recipe, {**recipe().model_dump(), **change}, "r")
    assert "None" not in str(error.value)


def test_zeros_are_kept_only_where_there_are_some() -> None:
    with pytest.raises(ValueError, match=r"preserve_sparsity: .*initial"):
        recipe(preserve_sparsity=True)
    assert recipe(preserve_sparsity=True, start="baseline").preserve_sparsity


def test_a_recipe_that_neither_prunes_nor_keeps_zeros_is_a_control() -> None:
    assert recipe().sparse
    assert recipe(**NOTHING, start="other", preserve_sparsity=True).sparse
    assert not recipe(**NOTHING).sparse


@pytest.mark.parametrize("name", ["initial", "baseline", "Dense", "a-b", "1st", "", "x" * 41, "_a"])
def test_a_name_that_is_reserved_or_no_folders_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="recipes"):
        validate(Recipes, {name: recipe(**NOTHING).model_dump()}, "recipes")


def test_there_must_be_a_recipe() -> None:
    with pytest.raises(InputError, match=r"recipes: {}: .*1"):
        validate(Recipes, {}, "recipes")


# Channels

THIN = {"start": "baseline", "channels": {"keep": {"macs": 0.5}}, "epochs": 4, "patience": None}


def thin(**changes: Any) -> Recipe:
    return validate(Recipe, {**THIN, **changes}, "recipes.thin")


def test_channels_need_no_scope_and_no_schedule() -> None:
    found = thin()
    assert (found.scope, found.schedule, found.sparse, found.smaller) == ("none", None, False, True)
    assert recipe().smaller
    assert not recipe(**NOTHING).smaller
    assert found.targets(KERNELS) == {"a": 0.0, "b": 0.0}
    assert validate(Recipe, found.model_dump(), "r") == found


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scope": "whole", "schedule": SCHEDULE},
         ["channels with schedule and scope: ", "starts from this"]),
        ({"schedule": CONSTANT}, ["channels with schedule: ", "leave schedule out: zeros"]),
        ({"schedule": {"a": CONSTANT}}, ["channels with schedule: ", "leave schedule out: zeros"]),
        ({"scope": "whole"}, ["channels with scope: ", "neither schedule nor scope"]),
        ({"scope": ["a"]}, ["channels with scope: ", "leave scope out: zeros come in a recipe of"]),
        ({"spread": "global"}, ["channels with spread: "]),
        ({"block_size": [2, 2]}, ["channels with block_size: ", "leave block_size out"]),
        ({"block_pooling_type": "MAX"}, ["channels with block_pooling_type: "]),
        ({"channels": {}}, ["recipes.thin.channels.keep: missing"]),
        ({"preserve_sparsity": True}, ["channels with preserve_sparsity"]),
        ({"start": "initial"}, ["channels: with start 'initial'", "start from baseline"]),
        ({"channels": {"keep": {"macs": 0.5}, "rounds": 5}},
         ["channels.rounds: 5", "epochs (4)", "one epoch at least"]),
        ({"channels": {"keep": {"macs": 0.5}, "controls": ["none"]}},
         ["channels.controls", "'none'", "same_training"]),
    ],
)  # fmt: skip
def test_channels_that_cannot_work_are_named(changes: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        thin(**changes)
    for word in ("recipes.thin", *words):
        assert word in str(error.value)
    assert len(str(error.value).splitlines()) == 1
    assert "None" not in str(error.value)


def test_layers_that_keep_their_channels_get_the_networks_names() -> None:
    given = thin(channels={"keep": {"macs": 0.5}, "keep_layers": ["c/d", "conv_*", "n"]})
    named = given.in_names_of(CONVOLUTIONS)
    assert named.channels is not None
    assert named.channels.keep_layers == ["conv_1", "conv_2", "n", "c.d"]
    with pytest.raises(InputError, match=r"channels\.keep_layers: 'conv_9' matches no layer"):
        thin(channels={"keep": {"macs": 0.5}, "keep_layers": ["conv_9"]}).in_names_of(CONVOLUTIONS)
