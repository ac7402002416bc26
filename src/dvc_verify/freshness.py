"""Whether a `dvc.lock` fits the code, the parameters and the commands of its project."""

from collections.abc import Collection, Iterator
from typing import Any

from dvc_verify.errors import CheckError
from dvc_verify.lock import Lock
from dvc_verify.paths import overlap
from dvc_verify.pipeline import Pipeline


def check(lock: Lock, pipeline: Pipeline) -> None:
    """Raise CheckError if a stage is not in the lock, or has changed since it was written."""
    missing = [name for name in pipeline.folders if name not in lock]
    if missing:
        raise CheckError(
            f"dvc.lock has no entry for {', '.join(missing)}. A run may have been interrupted: run "
            "`dvc repro` and commit dvc.lock."
        )
    stale = [
        f"{stage}: {change}"
        for stage, status in pipeline.status.items()
        for change in changes(status, pipeline.all_outputs)
    ]
    if stale:
        raise CheckError(
            "dvc.lock is stale: something has changed since it was written. Run `dvc repro` and "
            "commit its results.\n" + "\n".join(stale)
        )


def changes(status: list[Any], outputs: Collection[str]) -> Iterator[str]:
    """What `dvc status` says has changed, without outputs and what depends on them.

    A clone has no outputs. They are compared later.
    """
    for change in status:
        if isinstance(change, str):  # "changed command"; "always changed" is not stale
            yield from () if change == "always changed" else (change,)
            continue
        for path, what in change.get("changed deps", {}).items():
            if isinstance(what, dict):  # parameters by name
                yield from (f"{path}: {name} {how}" for name, how in what.items())
            elif not any(overlap(path, output) for output in outputs):
                yield f"{path} {what}"
