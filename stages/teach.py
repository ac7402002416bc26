"""Give each recipe what it needs of the baseline, of the budget and of the Ethos-U.

A stage of a `foreach` cannot depend on the baseline, or on a section of `params.yaml`, for some
recipes alone. So this one does for all, and a recipe's training depends on its folder here. A
recipe that learns from the baseline finds its networks there; one that removes channels until a
budget is kept, or until an Ethos-U needs few cycles, finds a small file that says so. The folder of
a recipe that needs none of it never changes.
"""

from secateur.artifacts import NONE, TEACHERS, TRAINED
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds, seed_file
from secateur.recipes import channel_terms
from secateur.recipes.recipe import Recipes


def main() -> None:
    """Write a folder for each recipe; one that needs nothing gets a folder of none."""
    given = params.read()
    recipes = given.section("recipes", Recipes)
    seeds = given.section("seeds", Seeds)
    budget = given.section("budget", dict[str, float | None])
    npu = channel_terms.Npu(
        accelerator=given.section("measure_costs.accelerator", str),
        system=given.section("measure_costs.system", str),
        memory_mode=given.section("measure_costs.memory_mode", str),
    )
    with files.replacing(TEACHERS) as folder:
        for name, recipe in recipes.items():
            (folder / name).mkdir(parents=True)
            terms = channel_terms.of(f"recipes.{name}.channels", recipe.channels, budget, npu)
            channel_terms.write(folder / name, terms)
            if recipe.learns_from_baseline:
                for seed in seeds:
                    content = seed_file(TRAINED / "baseline", seed).read_bytes()
                    seed_file(folder / name, seed).write_bytes(content)
            else:
                (folder / name / NONE).touch()


if __name__ == "__main__":
    errors.run(main)
