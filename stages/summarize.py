"""Write the tables of a run, and print the one that it ends with."""

import csv
import json
import os
from pathlib import Path

from secateur import environment, errors, files, params
from secateur.summary import ladder, table, trade_off


def main() -> None:
    """Read the metrics, write them as Markdown tables."""
    models = ["baseline", *sorted(params.section("recipes", dict))]
    metrics = [Path("metrics/evaluation.json"), Path("metrics/sizes.json")]
    evaluation, sizes = (json.loads(path.read_text(encoding="utf-8")) for path in metrics)
    text = table(evaluation, sizes, models)
    with Path("metrics/trade_off.csv").open(encoding="utf-8", newline="") as file:
        points = list(csv.DictReader(file))
    files.write_text(Path("metrics/ladder.md"), ladder({model: sizes[model] for model in models}))
    files.write_text(Path("metrics/trade_off.md"), trade_off(points))
    files.write_text(Path("metrics/summary.md"), text)
    # No output to DVC: another machine makes the same results, and its own name must not matter.
    environment.record(Path("metrics/environment.json"), metrics)
    if os.environ.get("SECATEUR_TABLE") != "later":  # `make repro` prints it in any case
        print(text, end="")


if __name__ == "__main__":
    errors.run(main)
