"""Build the untrained model of each seed: of layers, by a function, or like a given model."""

from pathlib import Path

from secateur import (
    builder,
    diagram,
    errors,
    files,
    model_files,
    network,
    params,
    pruning,
    scopes,
    shapes,
    trained_file,
)
from secateur.backend import keras
from secateur.network import Model
from secateur.seeds import Seeds
from secateur.shapes import Shape
from secateur.tasks import TASKS, Task, TaskName


def main() -> None:
    """Write a model a seed, the user's trained one if there is one, and what they look like."""
    model = params.section("model", Model)
    task = TASKS[params.section("task", TaskName)]
    shape = shapes.read(Path("data/shape.json"))
    trained = _trained(model, shape, task)
    models = {
        seed: _build(model, shape, task, seed, trained) for seed in params.section("seeds", Seeds)
    }
    first = next(iter(models.values()))
    untrained = ((seed, built, ()) for seed, built in models.items())
    model_files.save_seeds(Path("models/initial"), untrained, trained)
    scopes.write_layers(Path("models/layers.json"), pruning.layers(first))
    files.write_text(Path("models/network.txt"), diagram.summary(first))
    files.write_text(Path("models/network.svg"), diagram.svg(first))


def _trained(model: Model, shape: Shape, task: Task) -> keras.Model | None:
    if model.layers or model.builder:
        return None
    trained = trained_file.load(Path(model.source), model.trust)
    builder.check(
        f"params.yaml: model.source: {model.source!r}",
        trained,
        shape.inputs,
        shape.outputs,
        task,
        model.trust,
    )
    return trained


def _build(
    model: Model, shape: Shape, task: Task, seed: int, trained: keras.Model | None
) -> keras.Model:
    if model.layers:
        return network.build(model, shape.inputs, shape.outputs, task, seed)
    if model.builder:
        return builder.build(model, shape.inputs, shape.outputs, task, seed)
    keras.utils.set_random_seed(seed)
    return keras.models.clone_model(trained)


if __name__ == "__main__":
    errors.run(main)
