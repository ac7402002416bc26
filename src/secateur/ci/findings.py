"""What `verify` reads to compare, and how it tells what it found."""

import tomllib
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from tabulate import tabulate

from secateur import environment
from secateur.ci import differences
from secateur.errors import one_line

RECORD = Path("metrics/environment.json")


def read_metrics(path: Path) -> Any:
    """What a metrics file holds (JSON is YAML); None if there is none."""
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8", errors="replace")
    try:
        return tomllib.loads(text) if path.suffix == ".toml" else YAML(typ="safe").load(text)
    except Exception as error:  # the parsers have many
        return f"cannot be read: {one_line(error)}"


def compare_environments(project: Path) -> None:
    """Say which machine and versions made the committed results, and what is different here."""
    path, here = project / RECORD, environment.here()
    made = read_metrics(path)
    if not isinstance(made, dict):
        print(f"verify: {RECORD} does not say which machine made the results")
        return
    print(f"verify: made on {made.get('processor')}, Python {made.get('python')}, ", end="")
    print(f"TensorFlow {made.get('tensorflow')}; ", end="")
    other = [f"{k} {made.get(k)} there, {v} here" for k, v in here.items() if v != made.get(k)]
    print(f"different here: {'; '.join(other)}" if other else "the same as here")


def report(
    outputs: list[differences.Output],
    metrics: list[differences.Metric],
    tolerance: float | None,
) -> int:
    """Print what differs and return the exit status."""
    print()
    if outputs:
        print("verify: these outputs differ from what is committed:\n")
        rows = [
            (o.stage, o.path, o.committed, o.new, f"follows from {o.follows}" if o.follows else "")
            for o in sorted(outputs, key=lambda o: bool(o.follows))
        ]
        print(tabulate(rows, ["stage", "output", "committed", "new", ""]), end="\n\n")
    if metrics:
        print("verify: these metrics differ:\n")
        rows = [(m.file, m.key, m.committed, m.new, f"{m.relative:.3g}") for m in metrics]
        head = ["file", "metric", "committed", "new", "relative difference"]
        print(tabulate(rows, head, disable_numparse=True), end="\n\n")
    if tolerance is not None:
        beyond = [metric for metric in metrics if metric.relative > tolerance]
        print(f"verify: {len(beyond)} metrics differ by more than {tolerance:g}; ", end="")
        print(f"{len(outputs)} outputs differ in bytes, which was not to count")
        return 1 if beyond else 0
    print("verify: " + ("not what is committed" if outputs or metrics else "identical"))
    return 1 if outputs or metrics else 0
