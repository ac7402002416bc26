"""Are the metrics worse than on another revision, by more than `limits.yaml` allows?

    python -m secateur.ci.gate BASE [--limits FILE] [--markdown | --json]

Works in any DVC project that has metrics. A metric that is a mapping with a key `seeds` is compared
seed by seed: it is worse only where the seeds agree that it is.

Exit status: 0 within the limits; 1 beyond; 2 cannot be compared.
"""

import argparse
import math
import subprocess
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from secateur.ci import limits, report
from secateur.ci.limits import Limit, Values, Verdict
from secateur.errors import InputError, one_line

Metrics = dict[str, Values]  # by name: the file's, then its keys
SUMMARIES = ("seeds", "median", "mean", "std", "min", "max")  # beside a metric's values by seed


def main(arguments: list[str] | None = None) -> int:
    """Compare, report, and return the exit status."""
    options = _options(arguments)
    try:
        return _gate(options)
    except (InputError, OSError) as error:
        print(f"gate: cannot compare: {error}", file=sys.stderr)
    except Exception:  # a bug of ours must not look like a regression
        traceback.print_exc()
    return 2


def _gate(options: argparse.Namespace) -> int:
    allowed = limits.read(options.limits)
    base, here = load(options.base)
    _check_patterns(options.limits, allowed, list({**base, **here}))
    verdicts = compare(base, here, allowed)
    new = sorted(set(here) - set(base))
    if options.json:
        print(report.as_json(options.base, verdicts, new), flush=True)
    else:
        style = "pipe" if options.markdown else "simple"
        print(report.table(options.base, verdicts, new, style), flush=True)
    return 1 if any(verdict.faults for verdict in verdicts) else 0


def compare(base: Metrics, here: Metrics, allowed: Mapping[str, Limit]) -> list[Verdict]:
    """A verdict for each metric of the base, and for each new one that has a limit."""
    names = [*base, *(n for n in here if n not in base and limits.limit_of(n, allowed))]
    return [
        limits.judge(name, base.get(name, {}), here.get(name, {}), limits.limit_of(name, allowed))
        for name in names
    ]


def load(base: str) -> tuple[Metrics, Metrics]:
    """The metrics of a revision and of the working tree, as DVC reads them.

    Raises:
        InputError: no such revision, no DVC project, or no metrics there.
    """
    from dvc.exceptions import DvcException  # takes a second: not to say that a file is missing
    from dvc.repo import Repo
    from dvc.scm import SCMError

    commit = _commit(base)
    try:
        with Repo() as repo:
            shown = repo.metrics.show(revs=[commit], hide_workspace=False)
    except (DvcException, SCMError) as error:
        raise InputError(f"{base}: {one_line(error)}") from None
    there, here = (shown.get(name, {}).get("data", {}) for name in (commit, "workspace"))
    names = _names({*there, *here})
    return _named(base, there, names), _named("the working tree", here, names)


def _commit(base: str) -> str:
    """The revision's hash: DVC has names of its own, such as `workspace`."""
    command = ["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}"]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    except OSError as error:
        raise InputError(f"git cannot be run: {error}") from None
    if done.returncode or not base:
        raise InputError(f"{base!r}: no such revision {done.stderr}".rstrip())
    return done.stdout.strip().splitlines()[-1]


def _names(paths: Iterable[str]) -> dict[str, str]:
    """What to call each metrics file: its stem, or its whole path where two have the same."""
    stems = [PurePosixPath(path).stem for path in paths]
    return {
        path: PurePosixPath(path).stem if stems.count(PurePosixPath(path).stem) == 1 else path
        for path in paths
    }


def _named(where: str, shown: Mapping[str, Any], names: Mapping[str, str]) -> Metrics:
    """What DVC shows of one revision, by name."""
    found: Metrics = {}
    for path, content in shown.items():
        if "error" in content:
            raise InputError(f"{where}: {path} cannot be read: {one_line(content['error'])}")
        for name, values in _values(names[path], content.get("data", {})):
            if name in found:
                raise InputError(f"{where}: {path}: two metrics have the name {name}")
            found[name] = values
    if not found:
        raise InputError(f"{where} has no metrics")
    return found


def _values(name: str, data: Any) -> Iterator[tuple[str, Values]]:
    """Every number below `name`; those by seed together, in place of what summarizes them."""
    if isinstance(data, bool | int | float):
        yield name, {"": _finite(data)}
        return
    if not isinstance(data, Mapping):
        return  # a text is no metric, and DVC shows no lists
    seeds = data.get("seeds")
    by_seed = isinstance(seeds, Mapping) and all(isinstance(v, int | float) for v in seeds.values())
    if isinstance(seeds, Mapping) and by_seed:
        yield name, {str(seed): _finite(value) for seed, value in seeds.items()}
    for key, value in data.items():
        if not (by_seed and key in SUMMARIES):
            yield from _values(f"{name}.{key}", value)


def _finite(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _check_patterns(path: Path, allowed: Mapping[str, Limit], names: list[str]) -> None:
    """A limit that matches nothing is most likely misspelt, and would never be missed."""
    for pattern, limit in allowed.items():
        if not limit.optional and not any(limits.matches(name, pattern) for name in names):
            known = ", ".join(names[: report.FEW]) + ", …" * (len(names) > report.FEW)
            raise InputError(f"{path}: {pattern}: no metric has such a name; there are {known}")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m secateur.ci.gate",
        description=(__doc__ or "").split("\n")[0],
        epilog="exit status: 0 within the limits, 1 beyond, 2 cannot be compared",
    )
    parser.add_argument("base", metavar="BASE", help="the revision to compare with, such as main")
    parser.add_argument("--limits", type=Path, default=Path("limits.yaml"), help="limits.yaml")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--markdown", action="store_true", help="for a pull request")
    output.add_argument("--json", action="store_true", help="for programs")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
