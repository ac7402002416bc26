"""A control trains alike; a missed target is told."""

from ruamel.yaml import YAML

from import_graph import ROOT
from made_up_results import results
from secateur.core import params
from secateur.recipes.clustering import Clustering
from secateur.recipes.distillation import Distill
from secateur.recipes.recipe import Recipes
from secateur.report import controls


def test_a_control_starts_and_trains_as_the_recipe_does_and_best_for_as_long() -> None:
    made = results([0.1] * 5)
    untrained = made.recipes["finetuned"].model_copy(update={"start": "initial"})
    alone = untrained.model_copy(update={"training": made.training})
    assert controls.control("finetuned", {"finetuned": untrained}) == "baseline"
    assert controls.control("finetuned", {"finetuned": untrained}, elsewhere=True) is None
    assert controls.control("finetuned", {"finetuned": alone}) is None
    assert controls.control("control", made.recipes) is None
    same = made.recipes["control"].model_copy(
        update={"start": "initial", "training": made.training}
    )
    longer = same.model_copy(update={"epochs": 99})
    recipes = {"finetuned": alone, "a": longer, "b": same}
    assert controls.control("finetuned", recipes) == "b"  # as many epochs


def test_the_zeros_of_the_chain_of_the_example_have_a_control() -> None:
    text = (ROOT / "examples/digits/params.yaml").read_text(encoding="utf-8")
    given = YAML(typ="safe", pure=True).load(text)["recipes"]
    recipes = params.validate(Recipes, given, "here")
    assert controls.control("thin_sparse", recipes) == "thin_control"


def test_a_control_of_a_recipe_that_learns_from_a_teacher_learns_from_it_too() -> None:
    made = results([0.1] * 5)
    taught = {"distill": Distill(**{"from": "baseline"})}
    own, alone = (made.recipes[name].model_copy(update=taught) for name in ("finetuned", "control"))
    recipes = {**made.recipes, "finetuned": own}
    assert controls.control("finetuned", recipes) is None
    assert controls.control("finetuned", {**recipes, "alone": alone}) == "alone"
    untrained = own.model_copy(update={"start": "initial"})
    assert controls.control("finetuned", {"finetuned": untrained}) is None


def test_a_recipe_that_clusters_is_no_control() -> None:
    """Its weights are others, and it trains for longer."""
    recipes = results([0.1] * 5).recipes
    clustering = Clustering(number_of_clusters=4, epochs=2)
    clustered = recipes["control"].model_copy(update={"clustering": clustering})
    assert controls.control("finetuned", {**recipes, "control": clustered}) is None


def test_zeros_that_a_trained_file_brought_miss_no_target() -> None:
    made = results([0.1] * 5).evaluation["finetuned"]
    made["target"] = {"kernels": 0.4, "hidden_1": 0.5, "output": 0.0}  # prunes the first layer
    assert controls.missed(made) is None
    made["target"] = {"kernels": 0.0, "hidden_1": 0.0, "output": 0.0}
    assert controls.missed(made) is None


def test_layers_pruned_together_miss_the_target_of_all() -> None:
    made = results([0.1] * 5).evaluation["finetuned"]
    made["target"] = {"kernels": 0.6}
    assert controls.missed(made) == 0.6
    made["target"] = {"output": 0.0, "kernels": 0.5}
    assert controls.missed(made) is None


def test_a_control_serves_recipes_of_any_spread_and_schedule() -> None:
    recipes = results([0.1] * 5).recipes
    own = recipes["finetuned"]
    others = {
        "spread": own.model_copy(update={"spread": "global"}),
        "by_layer": own.model_copy(
            update={"schedule": {"hidden_1": own.schedule}, "scope": ["hidden_1"]}
        ),
    }
    for name in others:
        assert controls.control(name, {**recipes, **others}) == "control"
