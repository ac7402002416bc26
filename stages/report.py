"""Write what people read: the page, its Markdown with pictures, and the result tables."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from secateur.arrays import encoding, parts, tables
from secateur.artifacts import (
    BRIEF,
    COMPACTED,
    COSTS,
    DETAIL,
    DEVICES,
    ENVIRONMENT,
    FLOORS,
    MIXED,
    PAGE,
    POINTS,
    PRECISION,
    PUBLISHED,
    RESULTS,
    SEARCHES,
    SHIP,
    SUMMARY,
    TRAINED,
    inputs_of,
    remove_orphans,
    stripped_folder,
    tflite_file,
)
from secateur.core import errors, files, params
from secateur.core.params import ParamsFile
from secateur.core.seeds import Seeds, seed_file
from secateur.data import found
from secateur.devices import measured as times
from secateur.evaluate import sizes
from secateur.recipes.recipe import Recipes
from secateur.recipes.training import TrainBaseline, Training
from secateur.report import (
    brief,
    contact_sheet,
    described_data,
    environment,
    metrics,
    model_card,
    page,
    verdict,
)
from secateur.report.budget import Budget
from secateur.report.costs import detail
from secateur.report.formatting import printable
from secateur.report.parameters import Card, Report
from secateur.report.results import Results
from secateur.report.table import plain
from secateur.search import record
from secateur.timed_files import points_to_time

CURVE = {"model": str, "seed": int, "epoch": int, "loss": float, "val_loss": float,
         "sparsity": float}  # fmt: skip
CURVE_COSTS = {
    "kind": str, "sparsity": float, "seed": int, "type": str,
    **dict.fromkeys(("bytes", "gzip_bytes", "macs", "arena_bytes", "cycles", "sram_kib",
                     "flash_kib"), float),
}  # fmt: skip
POINT = {"kind": str, "seed": int,
         **dict.fromkeys(("sparsity", "gzip_bytes", "error", "int8_error"), float)}  # fmt: skip


def main() -> None:
    """Read metrics and models; write the page, the tables and the list of files to ship."""
    given = params.read()
    remove_orphans(MIXED, given.section("recipes", Recipes))
    results = _read(given)
    results = results._replace(hashes=_hashes(results))
    made = {
        "params": given.content,
        "seeds": given.content["seeds"],
        "versions": plain("versions", ("package", "version"), list(environment.versions().items())),
        "digest": environment.digest(RESULTS),
    }
    written = page.write(results, made, "report")
    with files.replacing(Path("metrics/report")) as folder:
        folder.mkdir()
        for picture in written.pictures:
            files.write_text(folder / f"{picture.name}.svg", picture.standalone())
    files.write_text(PAGE, written.html)
    files.write_text(Path("metrics/report.md"), written.markdown)
    files.write_text(SUMMARY, written.summary)
    files.write_text(Path("metrics/size_table.md"), written.tables["size_table"])
    files.write_text(Path("metrics/trade_off.md"), written.tables["trade_off"])
    files.write_json(SHIP, _to_ship(results))
    files.write_json(BRIEF, brief.figures(results))
    _publish(results, made, given.section("report", Report).card or Card())
    figures = {"evaluation": results.evaluation, "sizes": results.sizes}
    made_with = {"costs": results.cost_devices, "times": times.hashes(DEVICES)}
    files.write_json(DETAIL, {**figures, "costs": detail(results), "made_with": made_with})
    # Not a DVC output: a machine that reproduces the results must not change any output.
    environment.record(ENVIRONMENT, RESULTS)


def _publish(results: Results, made: dict[str, Any], card: Card) -> None:
    """Write the recommended model's card, its files, and how to encode rows for them."""
    name = verdict.verdict(results).chosen
    with files.replacing(PUBLISHED) as folder:
        folder.mkdir()
        found = model_card.files(results, name) if name else {}
        seed = results.best_seed(name or "baseline")
        contents = {
            file: tflite_file(name or "", artifact, seed).read_bytes()
            for file, artifact in found.items()
        }
        text = model_card.text(results, made, card, contents)
        files.write_text(folder / "README.md", text)
        for file, content in contents.items():
            (folder / file).write_bytes(content)
        if name is None:
            return
        learned = encoding.read(Path("models/encoding.json"))
        how = {**learned.model_dump(), "inputs": inputs_of(name, "compacted", seed)}
        files.write_json(folder / "encoding.json", how)


def _to_ship(results: Results) -> dict[str, Any]:
    """Return each model's file to ship, of the seed with the lowest validation error."""
    chosen = verdict.verdict(results).chosen
    found = {}
    for model in results.models:
        artifact, seed = results.ships(model), results.best_seed(model)
        path = tflite_file(model, artifact, seed) if "_" in artifact else None
        found[model] = {"artifact": artifact, "seed": seed, "file": path and path.as_posix()}
    return {"recommended": chosen, "models": found}


def _read(given: ParamsFile) -> Results:
    """Read what the earlier stages have written."""
    recipes = given.section("recipes", Recipes)
    seeds = given.section("seeds", Seeds)
    baseline = given.section("train_baseline", TrainBaseline)
    models = ["baseline", *sorted(recipes)]
    costs, cost_devices = metrics.read_costs(COSTS, models)
    evaluation, measured = (metrics.read_json(path, models) for path in RESULTS)
    predicted = tables.read_columns(Path("metrics/predictions.parquet"))
    learned = encoding.read(Path("models/encoding.json"))
    test = parts.read(Path("data/split/test"), learned)
    # Of an autoencoder, the pictures show normal rows, as the error does.
    shown = slice(None) if test.anomalous is None else ~test.anomalous
    train = parts.read(Path("data/split/train"), learned)
    names = [printable(str(name)) for name in learned.target.classes or ()]

    def kernels(folder: Path) -> dict[int, Any]:
        return {seed: sizes.read_h5_kernels(seed_file(folder, seed)) for seed in seeds}

    return Results(
        data=described_data.described(learned, given.content["data"]["source"]),
        models=models,
        recipes=recipes,
        training=given.section("training", Training),
        references=given.section("report", Report).references,
        evaluation=evaluation,
        sizes=measured,
        validation=metrics.read_json(
            Path("metrics/validation.json"), ["rows", "guess", "against_baseline"]
        ),
        controls=metrics.read_json(
            Path("metrics/controls.json"),
            sorted(name for name, own in recipes.items() if own.channels and own.channels.controls),
        ),
        precision=metrics.read_precision(
            {name: MIXED / name for name in models if (MIXED / name / PRECISION).exists()}
        ),
        channel_groups=metrics.read_json(Path("models/channels.json"), ["groups", "whole"]),
        left_out=metrics.read_json(Path("metrics/left_out.json"), [*models, POINTS]),
        floors=FLOORS,
        curves=metrics.read_csv(Path("metrics/curves.csv"), CURVE),
        points=metrics.read_csv(Path("metrics/trade_off.csv"), POINT),
        costs=costs,
        cost_devices=cost_devices,
        curve_costs=metrics.read_csv(Path("metrics/trade_off_costs.csv"), CURVE_COSTS),
        measured=times.of_folder(DEVICES),
        hashes={},
        budget=given.section("budget", Budget),
        output=metrics.output_activation(seed_file(TRAINED / "baseline", seeds[0])),
        true=_column(test.targets())[shown],
        predicted={
            name: {
                seed: predicted[f"{name}/stripped/{seed}"][shown].astype(float) for seed in seeds
            }
            for name in models
        },
        before={name: kernels(stripped_folder(recipe.start)) for name, recipe in recipes.items()},
        after={name: kernels(stripped_folder(name)) for name in models},
        compacted={name: kernels(COMPACTED / name) for name in models},
        found=found.read(Path("models/data.json")),
        searches=record.of_folder(SEARCHES),
        pictures=contact_sheet.strips(train.x, None if train.y is None else train.y[:, 0], names),
        inputs={name: {str(s): inputs_of(name, "compacted", s) for s in seeds} for name in models},
        best_baseline=baseline.monitor if baseline.restore_best else None,
    )


def _hashes(results: Results) -> dict[str, str]:
    """Return the SHA-256 of each present file that some device's times name.

    The times are of the seed that ships, and of the first seed of the curve.
    """
    timed = points_to_time() if results.measured else {}
    for key in sorted({key for device in results.measured.values() for key in device.files}):
        model, _, artifact = key.partition("/")
        if key not in timed and model in results.models:
            timed[key] = tflite_file(model, artifact, results.best_seed(model))
    return {
        key: hashlib.sha256(path.read_bytes()).hexdigest()
        for key, path in timed.items()
        if path.is_file()
    }


def _column(targets: np.ndarray) -> np.ndarray:
    """Return targets (n, 1) as (n,), and others as (n, k)."""
    flat = targets.reshape(len(targets), -1)
    return (flat[:, 0] if flat.shape[1:] == (1,) else flat).astype(float)


if __name__ == "__main__":
    errors.run(main)
