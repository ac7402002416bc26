"""Remove what pruning has made dead from every model."""

from pathlib import Path

from secateur import errors, files, model_files, params
from secateur.seeds import Seeds
from secateur.shrinking import shrink_model


def main() -> None:
    """Write the smaller models, and which inputs each still reads, by model and seed."""
    seeds = params.section("seeds", Seeds)
    trusted = params.section("model.trust", bool)
    inputs: dict[str, dict[int, list[int] | None]] = {}
    with files.replacing(Path("models/shrunk")) as folder:
        for source in [Path("models/baseline"), *sorted(Path("models/stripped").iterdir())]:
            models = model_files.load_seeds(source, seeds, trusted)
            smaller = {seed: shrink_model(model) for seed, model in models.items()}
            inputs[source.name] = {seed: read for seed, (_, read) in smaller.items()}
            model_files.save_seeds(
                folder / source.name, ((seed, model, ()) for seed, (model, _) in smaller.items())
            )
        files.write_json(folder / "inputs.json", inputs)


if __name__ == "__main__":
    errors.run(main)
