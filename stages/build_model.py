"""Build each seed's untrained network from layers, a function, or a trained file's layers."""

from pathlib import Path
from typing import Any

from secateur.arrays import encoding, parts
from secateur.arrays import shape as shapes
from secateur.artifacts import TYPES
from secateur.checks import embeddings, own_model, trial
from secateur.compress import sparsity
from secateur.core import errors, files, params
from secateur.core.errors import InputError
from secateur.core.seeds import Seeds
from secateur.core.tasks import TASKS, TaskName
from secateur.export import unrolled
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.network import builder, channel_groups, diagram, frozen, listed, trained_file
from secateur.network.inputs import Given, check_columns
from secateur.network.model import Model
from secateur.recipes import scopes


def main() -> None:
    """Write one network per seed, the user's trained one if there is one, and what others read."""
    given = params.read()
    model = given.section("model", Model)
    task = TASKS[given.section("task", TaskName)]
    shape = shapes.read(Path("data/split/shape.json"))
    sizes: tuple[list[int], int | list[int]] = (shape.inputs, shape.outputs)
    learned = encoding.read(Path("models/encoding.json"))
    gives = Given(tuple(shape.inputs), encoding.numbers_of(learned), model.inputs)
    try:
        check_columns(model.inputs, gives.columns)
    except InputError as error:
        raise InputError(f"{given.path}: {error}") from None
    rows = parts.read(Path("data/split/train"), learned).rows()

    def prepared(where: str, made: Any) -> tuple[keras.Model, dict[str, str]]:
        made, names = own_model.prepare(where, made, model.safe_mode, gives)
        own_model.check(where, made, *sizes, task, rows)
        return made, names

    place, trained = builder.where(model), None
    names: dict[str, str] = {}  # the user's, of layers that got others
    stay: list[str] = []
    if model.file:
        trained = trained_file.load(Path(model.file), model.safe_mode)
        trained, names = prepared(place, trained)
        stay = frozen.settle(place, trained, model.frozen_layers, untrained=False)

    def build(seed: int) -> keras.Model:
        nonlocal names, stay
        if model.layers:
            return listed.build(model, *sizes, task, seed)
        if model.build:
            made, names = prepared(place, builder.build(model, gives.shapes(), shape.outputs, seed))
            stay = frozen.settle(place, made, model.frozen_layers, untrained=True)
            return made
        keras.utils.set_random_seed(seed)
        return keras.models.clone_model(trained)

    models = {seed: build(seed) for seed in given.section("seeds", Seeds)}
    first = next(iter(models.values()))
    for layer, steps in unrolled.long_loops(first).items():
        print(
            f"{place}: layer {layer!r}: its TFLite files hold each of its {steps} steps: they are "
            "large, and slow to make; fewer steps (a layer that strides or pools before it) help",
            flush=True,
        )
    trial.run(place, trained or first, names, task, rows, model.safe_mode)
    for part in ("validation", "test") if embeddings.any_in(first) else ():
        others = parts.read(Path("data/split") / part, learned).rows()
        embeddings.check(place, trained or first, others, part)
    lacks = trial.lacks(place, trained or first, names, task, rows, TYPES[1:], model.safe_mode)
    for kind, reason in lacks.no_file.items():
        print(f"{place}: no TFLite file of type {kind}: {reason}")
    untrained = ((seed, built, ()) for seed, built in models.items())
    h5_files.save_seeds(Path("models/trained/initial"), untrained, trained)
    if stay:
        print(f"{place}: frozen layers keep their weights: {', '.join(stay)}")
    unsettled = stay if model.frozen_layers is None else []
    layers = {
        name: layer._replace(own=names.get(name, ""), frozen=name in unsettled)
        for name, layer in sparsity.layers(first).items()
    }
    scopes.write_layers(Path("models/layers.json"), layers)
    files.write_json(Path("models/channels.json"), channel_groups.described(first))
    # This stage knows no recipe; `check_recipes` refuses those that cluster.
    files.write_json(Path("models/tried.json"), lacks._asdict())
    files.write_text(Path("models/network.txt"), diagram.summary(first))
    files.write_text(Path("models/network.svg"), diagram.svg(first))


if __name__ == "__main__":
    errors.run(main)
