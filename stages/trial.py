"""Try one recipe of a search: train it, convert it, and measure the file that its device gets.

The pipeline's own stages do it, on this recipe alone, in a folder of their own. That has no row of
the test set, so a search cannot choose by them.
"""

import contextlib
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from secateur.core import errors, files, params, under_way
from secateur.core.errors import InputError
from secateur.recipes.trial import Trial

FOLDER = Path("search")  # of the trial: its parameters and what it writes


def main() -> None:
    """Write the figures, and the files that they are of."""
    given = params.read()
    asked = params.read(FOLDER / "params.yaml")
    told: Trial = asked.section("trial", Trial)
    settings = {
        "budget": given.section("budget", dict[str, Any]),
        "convert": given.section("convert", dict[str, Any]),
        "measure_costs": given.section("measure_costs", dict[str, Any]),
        "measure_sizes": given.section("measure_sizes", dict[str, Any]),
        "model": given.section("model", dict[str, Any]),
        "task": given.section("task", str),
        "training": given.section("training", dict[str, Any]),
    }
    own = {"recipes": asked.content["trial"]["recipes"], "seeds": told.seeds}
    with files.replacing(FOLDER / "files") as folder:
        folder.mkdir()
        place = folder.resolve()
        with _beside(told, {**settings, **own}):
            _checked()
            _train(told.train)
            figures = _measured(told, place)
    files.write_json(FOLDER / "trial.json", figures)


def _measured(told: Trial, place: Path) -> dict[str, Any]:
    """Convert and measure; keep the files in a folder, with what is to be known of them."""
    # Imported here: what is loaded before a training counts among what it follows from.
    import cluster
    import compact
    import convert
    import strip
    from secateur.arrays import encoding, parts
    from secateur.arrays.rows import evenly
    from secateur.artifacts import (
        COSTED,
        STRIPPED,
        TRAINED,
        inputs_of,
        keras_artifacts,
        left_out,
        tflite_artifacts,
        tflite_file,
    )
    from secateur.choosing import measuring
    from secateur.core.tasks import TASKS, TaskName
    from secateur.devices.costs import MeasureCosts
    from secateur.evaluate import predictions
    from secateur.keras_io import h5_files

    strip.main()
    compact.main()
    cluster.main(told.recipe)
    convert.main(told.recipe)
    given = params.read()
    safe_mode = given.optional("model.safe_mode", bool, True)
    part = parts.read(Path("data/split/validation"), encoding.read(Path("models/encoding.json")))
    rows = part.batch(evenly(len(part), told.rows))
    predict = predictions.predictor()

    def predicted(folder: Path) -> dict[int, Any]:
        models = h5_files.load_seeds(folder, told.seeds, safe_mode)
        found = {seed: predict(model, rows.x) for seed, model in models.items()}
        return {seed: own.reshape(len(own), -1) for seed, own in found.items()}

    keras = keras_artifacts(told.recipes)[told.recipe]
    made = tflite_artifacts(keras, told.recipes[told.recipe])
    found = measuring.measured(
        TASKS[given.section("task", TaskName)],
        told.device,
        {
            artifact: {
                seed: measuring.File(
                    tflite_file(told.recipe, artifact, seed).read_bytes(),
                    inputs_of(told.recipe, artifact, seed),
                )
                for seed in told.seeds
            }
            for artifact in COSTED
            if artifact in made and artifact not in left_out(told.recipe)
        },
        predicted(STRIPPED / told.recipe),
        predicted(TRAINED / "baseline"),
        rows,
        given.section("measure_sizes.gzip_level", int),
        given.section("measure_costs", MeasureCosts),
        given.section("budget", dict[str, float | None]),
    )
    inputs = {seed: inputs_of(told.recipe, found.artifact, seed) for seed in told.seeds}
    for seed in told.seeds:
        file = tflite_file(told.recipe, found.artifact, seed)
        shutil.copyfile(file, place / file.name)
    files.write_json(place / "about.json", {
        "artifact": found.artifact, "inputs": inputs, "errors": found.errors,
        "of_baseline": found.of_baseline,
    })  # fmt: skip
    return {"artifact": found.artifact, "seeds": len(told.seeds), **found.figures}


@contextlib.contextmanager
def _beside(told: Trial, settings: dict[str, Any]) -> Iterator[None]:
    """Be in a project with these settings alone, and with what this one has made before."""
    project = Path.cwd()
    os.environ.setdefault(under_way.PROJECT, str(project))  # which keeps finished seeds
    before = [name for name in told.recipes if name not in told.train]
    made = [
        *(f"data/split/{part}" for part in ("shape.json", "train", "validation")),
        "network",  # a trained network may name code of the user's there
        "models/encoding.json", "models/layers.json", "models/tried.json",
        *(f"models/trained/{name}" for name in ("initial", "baseline", *before)),
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
        for name in made:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).symlink_to(project / name)
        files.write_json(Path("params.yaml"), settings)
        yield


def _checked() -> None:
    """Check the recipes, and give them what they need of the baseline.

    A process of its own does it, which loads what the training does not follow from.

    Raises:
        InputError: a recipe cannot work.
    """

    def work() -> None:
        import check_recipes
        import teach

        check_recipes.check(params.read())
        teach.main()

    said, saying = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_say, args=(work, saying))
    process.start()
    saying.close()
    with contextlib.suppress(EOFError):  # it said nothing
        why = said.recv()
        process.join()
        raise InputError(why)
    process.join()
    if process.exitcode:
        raise RuntimeError("a process that checks recipes failed; its traceback stands above")


def _say(work: Callable[[], None], saying: Connection) -> None:
    try:
        work()
    except InputError as error:
        saying.send(str(error))


def _train(names: list[str]) -> None:
    import prune

    for name in names:
        prune.main(name)


if __name__ == "__main__":
    errors.run(main, *sys.argv[1:])
