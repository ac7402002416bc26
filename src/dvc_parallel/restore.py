"""Checks out in the workspace what workers made, for `dvc repro` to compare."""

import logging
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import dvc_internals as internals
from dvc_parallel import clone
from dvc_parallel.plan import Plan

Json = dict[str, Any]


def restore(plan: Plan, locks: dict[str, Json], removed: Collection[Path] = ()) -> None:
    """Check out outputs and write `dvc.lock`, as `git pull` and `dvc checkout` would.

    `locks` has the entry of each stage that is done; `removed`, what stages have deleted in their
    clones besides. `dvc repro` then compares every hash, and finds a stage unchanged or runs it.
    It could restore each stage from the run cache itself, but writes all of `dvc.lock` for each.

    After a failure this does nothing: `dvc repro` then removes the lines that it wrote into
    `.gitignore`, so it has to write them itself.
    """
    if not set(plan.to_run()) <= set(locks):
        return
    clone.remove(map(str, removed), Path())
    try:
        with (
            internals.log_level(logging.WARNING),
            internals.open_repo(plan.project) as repo,
            internals.lock(repo),
            internals.track_files(repo),
        ):
            internals.write_lock_entries(list(_check_out(repo, plan, locks)))
    except internals.DvcException as error:  # somebody else uses the workspace, above all
        print(f"DVC: {error}", file=sys.stderr, flush=True)


def _check_out(repo: Any, plan: Plan, locks: dict[str, Json]) -> Iterator[internals.Raw]:
    """Check out what differs from the workspace; the stages whose lock entry is to be written."""
    files = internals.StageFiles(repo)
    for entry in _in_order(plan, locks):
        try:
            known = files.locked(entry["file"], entry["name"])
            stage = files.filled(**entry)
            if known == entry["lock"] and not internals.differs_from_lock(stage):
                continue  # `dvc repro` will find it unchanged, too
            internals.check_out(repo, stage)
        except (internals.DvcException, OSError) as error:  # `dvc repro` says so, or runs it
            print(f"{entry['name']}: {error}", file=sys.stderr, flush=True)
        else:
            yield stage


def _in_order(plan: Plan, locks: dict[str, Json]) -> Iterator[Json]:
    """The stages that are done, in DVC's order.

    DVC appends new entries to `dvc.lock` and new lines to a `.gitignore`. Where a new stage is not
    done, later new stages are therefore left to `dvc repro`, which restores them in its order.
    """
    complete = True
    for name, node in plan.nodes.items():
        if name in locks and (node.lock or complete):
            yield {"file": node.file, "name": node.name, "lock": locks[name]}
        elif node.state != "unchanged" and not node.lock:
            complete = False
