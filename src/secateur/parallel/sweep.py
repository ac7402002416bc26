"""`secateur sweep`: the pipeline for many parameter sets, each of which becomes an experiment.

Everything happens in a clone at the workspace's commit, with its uncommitted changes; the
workspace's repository only gets the experiments' references in the end.
"""

import argparse
import re
from pathlib import Path
from typing import Any

from secateur.errors import one_line
from secateur.parallel import pipeline, repro, snapshot
from secateur.parallel.errors import RunError
from secateur.parallel.git import git
from secateur.parallel.scratch import Experiment, Overrides, Scratch
from secateur.parallel.session import warm


def run(options: argparse.Namespace) -> int:
    """Run all sets, print their names, and return the exit status.

    Raises:
        RunError: it cannot begin, or the cluster is lost; finished stages stay in the cache.
    """
    repro.check_options(options)
    sets = parameter_sets(options.set_param)
    plan = pipeline.read(targets=options.targets)
    with repro.own_folder(plan.project) as folder:
        store = snapshot.open_store(plan.project, folder)
        experiments = _named(sets, options, store.top)
        scratch = Scratch.make(plan, store, folder)
        variants = [scratch.variant(experiment, options.targets) for experiment in experiments]
        done: dict[str, Any] = {}
        if any(variant.plan.to_run() for variant in variants):
            done = warm(variants, scratch.store, folder, options, plan.project)
        kept = 0
        for experiment, variant in zip(experiments, variants, strict=True):
            locks = done.get(experiment.name, {})
            kept += scratch.save(experiment, variant, locks, options.targets)
    print(f"{kept} of {len(sets)} experiments; `dvc exp show` compares them, "
          "`dvc exp apply NAME` takes one", flush=True)  # fmt: skip
    return 0 if kept == len(sets) else 1


def parameter_sets(given: list[str]) -> list[Overrides]:
    """All combinations of the values that are given in DVC's syntax.

    Raises:
        RunError: DVC cannot read one.
    """
    from dvc.exceptions import DvcException
    from dvc.utils.cli_parse import to_path_overrides
    from dvc.utils.hydra import get_hydra_sweeps
    from hydra.errors import HydraException

    for text in given:
        if "=" not in text:
            raise RunError(f"--set-param {text}: must be NAME=VALUE or NAME=VALUE,VALUE,…")
    try:
        return [dict(one) for one in get_hydra_sweeps(to_path_overrides(given))]
    except (DvcException, HydraException) as error:
        raise RunError(f"--set-param: {one_line(error)}") from None


def _named(sets: list[Overrides], options: argparse.Namespace, top: Path) -> list[Experiment]:
    from dvc.repo.experiments.refs import ExpRefInfo

    try:
        baseline = git("-C", str(top), "rev-parse", "--verify", "HEAD^{commit}")
    except RunError:
        raise RunError(f"{top}: has no commit yet; an experiment belongs to one") from None
    names: list[str] = []
    for number, overrides in enumerate(sets, start=1):
        name = f"{options.name}-{number}" if options.name else name_of(overrides)
        names.append(name if name not in names else f"{name}-{number}")
    found = []
    for name, overrides in zip(names, sets, strict=True):
        ref = str(ExpRefInfo(baseline, name))
        if "/" in name or not _works("check-ref-format", ref):
            raise RunError(f"--name {options.name}: Git cannot call anything {name!r}")
        exists = _works("-C", str(top), "rev-parse", "--verify", "--quiet", ref)
        if exists and not options.force:
            raise RunError(f"the experiment {name} exists; --force replaces it, --name names anew")
        found.append(Experiment(name, ref, overrides))
    return found


def _works(*arguments: str) -> bool:
    try:
        git(*arguments)
    except RunError:
        return False
    return True


def name_of(overrides: Overrides) -> str:
    """`final_sparsity-0.5_epochs-3`: the same for the same set, every time."""
    parts = []
    for text in (text for texts in overrides.values() for text in texts):
        key, _, value = text.partition("=")
        parts.append(f"{key.lstrip('+~').rsplit('.', 1)[-1]}-{value}")
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", "_".join(parts)).replace("--", "-")
    return re.sub(r"\.{2,}|^[.-]+|[.-]+$|\.lock$", "", name)[:80].rstrip(".-") or "sweep"
