"""Build each seed's untrained network from layers, a function, or a trained file's layers."""

from pathlib import Path
from typing import Any

from secateur.arrays import shape as shapes
from secateur.checks import own_model
from secateur.compress import sparsity
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds
from secateur.core.tasks import TASKS, TaskName
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.network import builder, diagram, listed, trained_file
from secateur.network.model import Model
from secateur.recipes import scopes


def main() -> None:
    """Write one network per seed, the user's trained network if there is one, and diagrams."""
    given = params.read()
    model = given.section("model", Model)
    task = TASKS[given.section("task", TaskName)]
    shape = shapes.read(Path("data/split/shape.json"))
    sizes = (shape.inputs, shape.outputs)

    def check(where: str, made: Any) -> keras.Model:
        own_model.check(where, made, *sizes, task, model.safe_mode)
        return made

    trained = None
    if model.file:
        trained = trained_file.load(Path(model.file), model.safe_mode)
        check(f"params.yaml: model.file: {model.file!r}", trained)

    def build(seed: int) -> keras.Model:
        if model.layers:
            return listed.build(model, *sizes, task, seed)
        if model.build:
            return check(builder.where(model), builder.build(model, *sizes, seed))
        keras.utils.set_random_seed(seed)
        return keras.models.clone_model(trained)

    models = {seed: build(seed) for seed in given.section("seeds", Seeds)}
    first = next(iter(models.values()))
    untrained = ((seed, built, ()) for seed, built in models.items())
    h5_files.save_seeds(Path("models/trained/initial"), untrained, trained)
    scopes.write_layers(Path("models/layers.json"), sparsity.layers(first))
    files.write_text(Path("models/network.txt"), diagram.summary(first))
    files.write_text(Path("models/network.svg"), diagram.svg(first))


if __name__ == "__main__":
    errors.run(main)
