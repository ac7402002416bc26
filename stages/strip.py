"""Take the pruning wrappers off every pruned model."""

from pathlib import Path

from secateur import errors, files, model_files, params, pruning
from secateur.seeds import Seeds


def main() -> None:
    """Write the stripped models, and delete what no recipe owns: a removed one leaves no trace."""
    recipes = params.section("recipes", dict)
    seeds = params.section("seeds", Seeds)
    trusted = params.section("model.trust", bool)
    pruned = Path("models/pruned")
    for path in pruned.iterdir():
        if path.name not in recipes:
            files.remove(path)
    with files.replacing(Path("models/stripped")) as folder:
        for name in recipes:
            models = model_files.load_seeds(Path("models/pruned") / name, seeds, trusted)
            stripped = ((seed, pruning.strip(model), ()) for seed, model in models.items())
            model_files.save_seeds(folder / name, stripped)


if __name__ == "__main__":
    errors.run(main)
