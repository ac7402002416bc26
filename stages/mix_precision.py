"""Find the precision of each layer of one recipe's file `mixed`, if `mix_precision` names it."""

import sys
from pathlib import Path

from secateur.artifacts import COMPACTED, MIXED, NONE, PRECISION, PRECISION_COSTS, inputs_of
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds
from secateur.core.tasks import TASKS, TaskName
from secateur.precision.parameters import MixPrecision
from secateur.recipes.recipe import RecipeName


def main(name: str) -> None:
    """Write the choice, and what each layer costs; of a recipe that is not named, nothing."""
    params.validate(RecipeName, name, "recipe")
    given = params.read()
    settings = given.section("mix_precision", MixPrecision)
    seeds = given.section("seeds", Seeds)
    task = TASKS[given.section("task", TaskName)]
    calibration = given.section("convert.calibration_rows", int)
    level = given.section("measure_sizes.gzip_level", int)
    safe_mode = given.optional("model.safe_mode", bool, True)
    if name not in settings.recipes:
        with files.replacing(MIXED / name) as folder:
            folder.mkdir()
            (folder / NONE).touch()
        return
    # Imported here: most recipes do not need TensorFlow, which takes seconds.
    from secateur.arrays import encoding, parts
    from secateur.arrays.rows import evenly
    from secateur.keras_io import h5_files
    from secateur.precision import choosing, tables, trials

    learned = encoding.read(Path("models/encoding.json"))
    train, validation = (parts.read(Path("data/split") / part, learned) for part in
                         ("train", "validation"))  # fmt: skip
    few = train.batch(evenly(len(train), calibration))
    scored = validation.batch(evenly(len(validation), settings.rows))
    models = h5_files.load_seeds(COMPACTED / name, seeds, safe_mode)
    networks = {}
    for seed, model in models.items():
        inputs = inputs_of(name, "compacted", seed)
        networks[seed] = trials.Network(model, few.of_inputs(inputs), scored.of_inputs(inputs))
    measure = trials.told(trials.measure(task, networks, level), name, task)
    largest = settings.largest_error_ratio
    found = choosing.cheapest(trials.kernels(list(models.values())), measure, largest)
    print(f"{name}: chosen: {tables.sentence(found, largest, task)}", flush=True)
    with files.replacing(MIXED / name) as folder:
        folder.mkdir()
        files.write_json(folder / PRECISION, tables.chosen(found, largest))
        files.write_csv(folder / PRECISION_COSTS, tables.costs(found))


if __name__ == "__main__":
    errors.run(main, *sys.argv[1:])
