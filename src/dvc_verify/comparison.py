"""The comparison of a reproduction with what is committed: a report and an exit status."""

from collections.abc import Collection
from typing import NamedTuple

from tabulate import tabulate

from dvc_verify import differences
from dvc_verify.contents import Contents
from dvc_verify.lock import Lock


class Comparison(NamedTuple):
    """What differs."""

    outputs: list[differences.Output]
    metrics: list[differences.Metric]
    figures: list[differences.Metric]  # in other JSON files


def compare(
    old_lock: Lock, new_lock: Lock, old: Contents, new: Contents, measured: Collection[str] = ()
) -> Comparison:
    """Compare the locks and contents of the committed results with the reproduced ones.

    What is `measured` may differ.
    """
    in_git = {path: (value, new.hashes[path]) for path, value in old.hashes.items()}
    outputs = differences.outputs(old_lock, new_lock, in_git, measured)
    differing = {output.path for output in outputs}
    metrics = []
    for path, figures in old.metrics.items():
        # A clone does not hold a cached metrics file. Only its hash can differ: then every figure
        # counts as new, and no tolerance lets it pass.
        if figures is not None or path in differing:
            metrics += differences.metrics(path, figures, new.metrics[path])
    others = [
        one
        for path, figures in old.figures.items()
        for one in differences.metrics(path, figures, new.figures[path])
    ]
    return Comparison(outputs, metrics, others)


def report(found: Comparison, tolerance: float | None) -> int:
    """Print what differs and return the exit status: 0 or 1.

    With a tolerance, only metrics count, by their relative difference.
    """
    print()
    if found.outputs:
        print("verify: these outputs differ from the committed ones:\n")
        print(_output_table(found.outputs), end="\n\n")
    if found.metrics or found.figures:
        print("verify: these metrics differ:\n")
        print(_metric_table([*found.metrics, *found.figures]), end="\n\n")
    if tolerance is None:
        differs = bool(found.outputs or found.metrics)
        print("verify: the results differ" if differs else "verify: identical")
        return int(differs)
    beyond = [metric for metric in found.metrics if metric.relative > tolerance]
    print(
        f"verify: {len(beyond)} metrics differ by more than {tolerance:g}; "
        f"{len(found.outputs)} outputs differ in bytes, which a tolerance ignores"
    )
    return int(bool(beyond))


def _output_table(outputs: list[differences.Output]) -> str:
    """Origins come before what follows from them."""
    rows = [
        (o.stage, o.path, o.committed, o.new, f"follows from {o.follows}" if o.follows else "")
        for o in sorted(outputs, key=lambda o: bool(o.follows))
    ]
    return tabulate(rows, ["stage", "output", "committed", "new", ""])


def _metric_table(metrics: list[differences.Metric]) -> str:
    rows = [(m.file, m.key, m.committed, m.new, f"{m.relative:.3g}") for m in metrics]
    head = ["file", "metric", "committed", "new", "relative difference"]
    return tabulate(rows, head, disable_numparse=True)
