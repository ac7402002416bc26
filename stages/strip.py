"""Remove the pruning wrappers from every recipe's networks."""

from secateur.artifacts import STRIPPED, TRAINED, remove_orphans
from secateur.compress import pruning
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds
from secateur.keras_io import h5_files
from secateur.recipes.recipe import Recipes


def main() -> None:
    """Write the stripped networks of the recipes in `params.yaml`; remove those of old recipes."""
    given = params.read()
    recipes = given.section("recipes", Recipes)
    seeds = given.section("seeds", Seeds)
    safe_mode = given.optional("model.safe_mode", bool, True)
    remove_orphans(TRAINED, recipes)
    with files.replacing(STRIPPED) as folder:
        for name in recipes:
            models = h5_files.load_seeds(TRAINED / name, seeds, safe_mode)
            stripped = ((seed, pruning.strip(model), ()) for seed, model in models.items())
            h5_files.save_seeds(folder / name, stripped)


if __name__ == "__main__":
    errors.run(main)
