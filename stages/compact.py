"""Remove dead units and inputs from every network."""

from secateur.artifacts import COMPACTED, INPUTS, keras_artifacts
from secateur.compress.compaction import compacted
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds
from secateur.keras_io import h5_files
from secateur.recipes.recipe import Recipes


def main() -> None:
    """Write the compacted networks of each model and, by seed, the inputs that each still reads."""
    given = params.read()
    seeds = given.section("seeds", Seeds)
    safe_mode = given.optional("model.safe_mode", bool, True)
    with files.replacing(COMPACTED) as folder:
        for name, artifacts in keras_artifacts(given.section("recipes", Recipes)).items():
            models = h5_files.load_seeds(artifacts["stripped"], seeds, safe_mode)
            smaller = {seed: compacted(model) for seed, model in models.items()}
            h5_files.save_seeds(
                folder / name, ((seed, model, ()) for seed, (model, _) in smaller.items())
            )
            inputs = {seed: read for seed, (_, read) in smaller.items()}
            files.write_json(folder / name / INPUTS, inputs)


if __name__ == "__main__":
    errors.run(main)
