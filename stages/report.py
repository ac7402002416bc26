"""Write what people read: the page, its Markdown with pictures, and the tables of a run."""

import os
from pathlib import Path
from typing import Any

from rungs import read_inputs
from secateur import environment, errors, files, params, sizes, tables
from secateur.data import encoding
from secateur.optimizers import Training
from secateur.recipes import Recipes
from secateur.report import metrics, page
from secateur.report.references import Report
from secateur.report.run import Data, Run
from secateur.report.table import plain
from secateur.report.words import printable
from secateur.seeds import Seeds, seed_file
from secateur.tasks import TASKS

CURVE = {"model": str, "seed": int, "epoch": int, "loss": float, "val_loss": float,
         "sparsity": float}  # fmt: skip
POINT = {"kind": str, "seed": int, "sparsity": float, "gzip_bytes": float, "error": float}
METRICS = [Path("metrics/evaluation.json"), Path("metrics/sizes.json")]


def main() -> None:
    """Read the metrics and the models; write the page, the tables, and print the first."""
    everything = params.read()
    run = _read(everything)
    made = {
        "params": everything,
        "seeds": everything["seeds"],
        "versions": plain("versions", ("package", "version"), list(environment.versions().items())),
        "digest": environment.digest(METRICS),
    }
    written = page.write(run, made, "report")
    with files.replacing(Path("metrics/report")) as folder:
        folder.mkdir()
        for picture in written.pictures:
            files.write_text(folder / f"{picture.name}.svg", picture.standalone())
    files.write_text(Path("metrics/report.html"), written.html)
    files.write_text(Path("metrics/report.md"), written.markdown)
    summary = "\n".join(
        written.tables[name] for name in ("models", "classes") if name in written.tables
    )
    files.write_text(Path("metrics/summary.md"), summary)
    files.write_text(Path("metrics/ladder.md"), written.tables["ladder"])
    files.write_text(Path("metrics/trade_off.md"), written.tables["trade_off"])
    # No output to DVC: another machine makes the same results, and its own name must not matter.
    environment.record(Path("metrics/environment.json"), METRICS)
    if os.environ.get("SECATEUR_TABLE") != "later":  # `make repro` prints it in any case
        print(summary, end="")


def _read(everything: dict[str, Any]) -> Run:
    """What the stages before have left, by model and seed."""
    recipes = params.section("recipes", Recipes)
    seeds = params.section("seeds", Seeds)
    models = ["baseline", *sorted(recipes)]
    evaluation, measured = (metrics.read_json(path, models) for path in METRICS)
    predicted = tables.read_columns(Path("data/predictions.parquet"))
    test = tables.read(Path("data/test.parquet"))

    def kernels(folder: Path) -> dict[int, Any]:
        return {seed: sizes.read_h5_kernels(seed_file(folder, seed)) for seed in seeds}

    root = Path("models")
    after = {"baseline": root / "baseline", **{name: root / "stripped" / name for name in recipes}}
    return Run(
        data=_data(everything["data"]["source"]),
        models=models,
        recipes=recipes,
        training=params.section("training", Training),
        references=params.section("report", Report).references,
        evaluation=evaluation,
        sizes=measured,
        curves=metrics.read_csv(Path("metrics/curves.csv"), CURVE),
        points=metrics.read_csv(Path("metrics/trade_off.csv"), POINT),
        output=metrics.output_activation(seed_file(root / "baseline", seeds[0])),
        true=test.y[:, 0].astype(float),
        predicted={
            name: {seed: predicted[f"{name}/stripped/{seed}"].astype(float) for seed in seeds}
            for name in models
        },
        before={name: kernels(root / recipe.start) for name, recipe in recipes.items()},
        after={name: kernels(folder) for name, folder in after.items()},
        shrunk={name: kernels(root / "shrunk" / name) for name in models},
        inputs={name: {str(s): read_inputs(name, "shrunk", s) for s in seeds} for name in models},
    )


def _data(source: str) -> Data:
    """What the rows are, of the file that they come from."""
    found = encoding.read(Path("models/encoding.json"))
    target = found.target
    as_it_came = (target.mean, target.std) == (0.0, 1.0)
    numbered = [f"x{i}" for i in range(found.shape[0])] if len(found.shape) == 1 else []
    names = encoding.feature_names(found) or numbered  # an array's inputs have none
    return Data(
        task=TASKS[found.task],
        target=printable(target.name),
        features=[printable(name) for name in names],
        classes=[printable(str(name)) for name in target.classes or ()],
        std=None if as_it_came else target.std,  # nor have classes one
        friedman=source == "data/friedman1.parquet" and names == numbered,
    )


if __name__ == "__main__":
    errors.run(main)
