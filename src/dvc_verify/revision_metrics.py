"""The metrics of a Git revision and of the working tree, by name."""

import json
import math
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import dvc_internals
from dvc_verify.errors import CheckError, one_line
from dvc_verify.verdicts import Values

Metrics = dict[str, Values]  # a name has the file's stem and its keys: `scores.model.mse`
SUMMARIES = ("seeds", "median", "mean", "std", "min", "max")  # keys beside values by seed


def load(base: str, files: Sequence[str] = ()) -> tuple[Metrics, Metrics]:
    """The metrics of a revision and of the working tree, as DVC reads them.

    `files` are JSON files in Git whose figures count as well. DVC lists too many figures otherwise:
    what people compare is a few of them.

    Raises:
        CheckError: there is no such revision, no DVC project, or no metrics; a file is missing
            here, or damaged.
    """
    commit = _commit(base)
    try:
        with dvc_internals.open_repo() as repo:
            shown = dvc_internals.metrics_show(repo, [commit])
    except (dvc_internals.DvcException, dvc_internals.SCMError) as error:
        raise CheckError(f"{base}: {one_line(error)}") from None
    there, here = (dict(shown.get(name, {}).get("data", {})) for name in (commit, "workspace"))
    for file in files:
        content = _committed(commit, file)
        if content is not None:
            there[file] = _parsed(content)
        try:
            here[file] = _parsed(Path(file).read_bytes())
        except OSError as error:
            raise CheckError(f"the working tree: {file}: {error.strerror}") from None
    names = file_names({*there, *here})
    return by_name(base, there, names), by_name("the working tree", here, names)


def file_names(paths: Iterable[str]) -> dict[str, str]:
    """A name for each metrics file: its stem, or its path if another file has the same stem."""
    stems = [PurePosixPath(path).stem for path in paths]
    return {
        path: PurePosixPath(path).stem if stems.count(PurePosixPath(path).stem) == 1 else path
        for path in paths
    }


def by_name(where: str, shown: Mapping[str, Any], names: Mapping[str, str]) -> Metrics:
    """What DVC shows of one revision, `where`, with each metric under its name.

    Raises:
        CheckError: a file cannot be read, two metrics have one name, or there are none.
    """
    found: Metrics = {}
    for path, content in shown.items():
        if "error" in content:
            raise CheckError(f"{where}: {path} cannot be read: {one_line(content['error'])}")
        for name, values in _values(names[path], content.get("data", {})):
            if name in found:
                raise CheckError(f"{where}: {path}: two metrics have the name {name}")
            found[name] = values
    if not found:
        raise CheckError(f"{where} has no metrics")
    return found


def _commit(base: str) -> str:
    """The revision's hash. DVC reads some names differently: `workspace` is not a branch to it."""
    command = ["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}"]
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    except OSError as error:
        raise CheckError(f"git cannot be run: {error}") from None
    if done.returncode or not base:
        raise CheckError(f"{base!r}: no such revision {done.stderr}".rstrip())
    return done.stdout.strip().splitlines()[-1]  # old versions print --end-of-options too


def _committed(commit: str, file: str) -> bytes | None:
    """A file's content in a commit; None if it has none."""
    command = ["git", "show", f"{commit}:./{file}"]
    done = subprocess.run(command, capture_output=True, check=False)
    return None if done.returncode else done.stdout


def _parsed(content: bytes) -> dict[str, Any]:
    """A file as `metrics_show` gives it."""
    try:
        return {"data": json.loads(content)}
    except (ValueError, RecursionError) as error:
        return {"error": error}


def _values(name: str, data: Any) -> Iterator[tuple[str, Values]]:
    """Every number below `name`. Values by seed replace the keys that summarize them."""
    if isinstance(data, bool | int | float):
        yield name, {"": _as_float(data)}
        return
    if not isinstance(data, Mapping):
        return  # a text is not a metric, and DVC shows no lists
    seeds = data.get("seeds")
    by_seed = isinstance(seeds, Mapping) and all(isinstance(v, int | float) for v in seeds.values())
    if isinstance(seeds, Mapping) and by_seed:
        yield name, {str(seed): _as_float(value) for seed, value in seeds.items()}
    for key, value in data.items():
        if not (by_seed and key in SUMMARIES):
            yield from _values(f"{name}.{key}", value)


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer beyond the largest float
        return math.inf
