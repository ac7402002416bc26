"""Build the untrained network of each seed."""

from pathlib import Path

from secateur import diagram, errors, files, model_files, network, params
from secateur.seeds import Seeds


def main() -> None:
    """Write a model a seed, and the network's summary and diagram."""
    settings = params.section("build_model", network.Network)
    inputs = params.section("generate_data.n_features", int)
    seeds = params.section("seeds", Seeds)
    models = {seed: network.build(settings, inputs, seed) for seed in seeds}
    model_files.save_seeds(
        Path("models/initial"), ((seed, model, ()) for seed, model in models.items())
    )
    files.write_text(Path("models/network.txt"), diagram.summary(models[seeds[0]]))
    files.write_text(Path("models/network.svg"), diagram.svg(models[seeds[0]]))


if __name__ == "__main__":
    errors.run(main)
