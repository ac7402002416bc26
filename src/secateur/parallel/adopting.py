"""Putting what workers made into the workspace, for `dvc repro` to compare."""

import logging
import sys
from collections.abc import Iterator
from typing import Any

from secateur.parallel import runner
from secateur.parallel.pipeline import Plan

Json = dict[str, Any]


def adopt(plan: Plan, locks: dict[str, Json]) -> None:
    """Put what workers made into the workspace, as `git pull` and `dvc checkout` would.

    `dvc repro` then finds it unchanged, or runs the stage: it compares every hash. Restoring each
    stage from the run cache gives the same, but DVC writes all of `dvc.lock` for each. Where a
    stage that is new to `dvc.lock` is not done, those after it are left to the run cache, so that
    they come into the file in DVC's order. After a failure all are: DVC then takes back the lines
    that it wrote into `.gitignore`.
    """
    if not set(plan.to_run()) <= set(locks):
        return
    from dvc.exceptions import DvcException
    from dvc.logger import set_loggers_level
    from dvc.repo import Repo, lock_repo

    try:
        with (
            set_loggers_level(logging.WARNING),
            Repo(str(plan.project)) as repo,
            lock_repo(repo),
            repo.scm_context(quiet=True),
        ):
            stages, by_file = runner.Stages(repo), dict[str, list[Any]]()
            for entry in _in_order(plan, locks):
                try:
                    known = stages.locked(entry)
                    stage = stages.filled(entry)
                    if known == entry["lock"] and not any(o.workspace_status() for o in stage.outs):
                        continue  # as `dvc repro` will see it, too
                    runner.take(repo, stage, remote=None)
                except (DvcException, OSError) as error:  # `dvc repro` says so, or makes it
                    print(f"{entry['name']}: {error}", file=sys.stderr, flush=True)
                else:
                    by_file.setdefault(stage.path, []).append(stage)
            for together in by_file.values():
                together[0].dvcfile._lockfile.dump_stages(together)
    except DvcException as error:  # somebody else uses the workspace, above all
        print(f"DVC: {error}", file=sys.stderr, flush=True)


def _in_order(plan: Plan, locks: dict[str, Json]) -> Iterator[Json]:
    """What is done, in DVC's order; nothing new to `dvc.lock` after something that is not done.

    New entries, and new lines of a `.gitignore`, come last in their file.
    """
    complete = True
    for name, node in plan.nodes.items():
        if name in locks and (node.lock or complete):
            yield {"file": node.file, "name": node.name, "lock": locks[name]}
        elif node.state != "unchanged" and not node.lock:
            complete = False
