"""Give each recipe that learns from the baseline the baseline's networks.

A stage of a `foreach` cannot depend on the baseline for some recipes alone. So this one does for
all, and a recipe's training depends on its folder here. Of a recipe that does not learn from the
baseline that never changes.
"""

from secateur.artifacts import NONE, TEACHERS, TRAINED
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds, seed_file
from secateur.recipes.recipe import Recipes


def main() -> None:
    """Write a folder of teachers for each recipe; one that needs none gets a folder of none."""
    given = params.read()
    recipes = given.section("recipes", Recipes)
    seeds = given.section("seeds", Seeds)
    with files.replacing(TEACHERS) as folder:
        for name, recipe in recipes.items():
            (folder / name).mkdir(parents=True)
            if recipe.learns_from_baseline:
                for seed in seeds:
                    content = seed_file(TRAINED / "baseline", seed).read_bytes()
                    seed_file(folder / name, seed).write_bytes(content)
            else:
                (folder / name / NONE).touch()


if __name__ == "__main__":
    errors.run(main)
