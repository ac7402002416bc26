"""`sweep`: runs the pipeline for many parameter sets and makes each an experiment.

Everything happens in a clone at the workspace's commit, with the workspace's uncommitted changes.
The workspace's repository gets the experiments' references in the end, and nothing else.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dvc_internals as internals
from dvc_parallel import options as checks
from dvc_parallel import plan as planning
from dvc_parallel import repro, snapshot
from dvc_parallel.cluster_run import run_stages
from dvc_parallel.errors import RunError, one_line
from dvc_parallel.git import git, succeeds
from dvc_parallel.options import Options
from dvc_parallel.save_experiments import save
from dvc_parallel.sweep_clone import Check, Experiment, Overrides, SweepClone
from dvc_parallel.version import PipelineVersion


def run(
    options: Options,
    set_param: Sequence[str],
    name: str | None,
    force: bool,
    check: Check | None = None,
) -> int:
    """Run all sets, print the experiments' names, and return the exit status.

    `set_param` holds values in the syntax of `dvc exp run --queue --set-param`. Experiments are
    called `name`-1, `name`-2 and so on, or after their values. One that exists is kept where it was
    made from the same files and parameters; `force` replaces it. `check` refuses a set before any
    stage runs.

    Raises:
        RunError: it cannot begin, or the cluster is lost; finished stages stay in the cache.
    """
    checks.check(options)
    sets = parameter_sets(set_param)
    check_project()
    plan = planning.read(options.targets, whole=True)
    with repro.own_folder(plan.project) as folder:
        store = snapshot.open_store(plan.project, folder)
        experiments = _experiments(sets, name, store.top)
        clone = SweepClone.make(plan, store, folder, check=check)
        versions: list[PipelineVersion] = []
        missing: list[Experiment] = []
        for experiment in experiments:
            version = clone.version(experiment, options.targets)
            if force or not _is_finished(clone, experiment, version, options.targets):
                missing.append(experiment)
                versions.append(version)
        kept = len(sets) - len(missing)
        done: dict[str, Any] = {}
        if any(version.plan.to_run() for version in versions):
            done = run_stages(versions, clone.store, folder, options, plan.project)
        results = [(e, v, done.get(e.name, {})) for e, v in zip(missing, versions, strict=True)]
        saved = kept + save(clone, folder, results, options.targets, options.jobs)
    also = f", {kept} of them from before" if kept else ""
    print(
        f"{saved} of {len(sets)} experiments{also}; `dvc exp show` compares them, "
        "`dvc exp apply NAME` takes one",
        flush=True,
    )
    if saved < len(sets):
        print("The same command runs what is missing, and keeps the others.", file=sys.stderr)
    return 0 if saved == len(sets) else 1


def check_project() -> None:
    """Raise RunError where experiments would be made from something else than the workspace has."""
    with planning.opened() as repo:
        if internals.composes_parameters(repo):
            raise RunError(
                "DVC's hydra.enabled is on: `dvc exp run` would compose params.yaml anew, over the "
                "values of the sets; `dvc config --unset hydra.enabled`, or `dvc exp run --queue`"
            )
        changed = internals.changed_data(repo)
    if changed:
        raise RunError(
            f"{changed[0]}: has changed since `dvc add`, and experiments are made from what was "
            "added; `dvc add` it again"
        )


def _is_finished(
    clone: SweepClone, experiment: Experiment, version: PipelineVersion, targets: Sequence[str]
) -> bool:
    """Whether an earlier sweep has made this experiment, from the same files.

    Raises:
        RunError: there is one of this name, from other files.
    """
    if not succeeds("-C", str(clone.origin.top), "rev-parse", "--verify", "-q", experiment.ref):
        return False
    different = clone.difference(experiment, version, targets)
    if different:
        raise RunError(
            f"the experiment {experiment.name} exists, and was made with {different}; "
            "--force replaces it, --name gives another name"
        )
    print(f"{experiment.name}: {experiment.values()}; it exists and is kept", flush=True)
    return True


def parameter_sets(given: Sequence[str]) -> list[Overrides]:
    """All combinations of the given values.

    Raises:
        RunError: DVC cannot read one.
    """
    for text in given:
        if "=" not in text:
            raise RunError(f"--set-param {text}: must be NAME=VALUE or NAME=VALUE,VALUE,…")
    try:
        return internals.parameter_sets(given)
    except ValueError as error:
        raise RunError(f"--set-param: {one_line(error)}") from None


def _experiments(sets: list[Overrides], prefix: str | None, top: Path) -> list[Experiment]:
    found: dict[str, Experiment] = {}
    for number, overrides in enumerate(sets, start=1):
        name = f"{prefix}-{number}" if prefix else name_of(overrides)
        name = f"{name}-{number}" if name in found else name
        made = experiment(name, top, overrides)
        if "/" in name or not succeeds("check-ref-format", made.ref):
            raise RunError(f"--name {prefix}: Git allows no reference {name!r}")
        found[name] = made
    return list(found.values())


def experiment(name: str, top: Path, overrides: Overrides | None = None) -> Experiment:
    """The experiment of this name on the present commit of the repository at `top`.

    Raises:
        RunError: there is no commit.
    """
    try:
        baseline = git("-C", str(top), "rev-parse", "--verify", "HEAD^{commit}")
    except RunError:
        raise RunError(f"{top}: has no commit yet; an experiment belongs to one") from None
    return Experiment(name, internals.experiment_ref(baseline, name), overrides or {})


def name_of(overrides: Overrides) -> str:
    """A name such as `final_sparsity-0.5_epochs-3`; the same set always has the same name."""
    parts = []
    for text in (text for texts in overrides.values() for text in texts):
        key, _, value = text.partition("=")
        parts.append(f"{key.lstrip('+~').rsplit('.', 1)[-1]}-{value}")
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", "_".join(parts)).replace("--", "-")
    return re.sub(r"\.{2,}|^[.-]+|[.-]+$|\.lock$", "", name)[:80].rstrip(".-") or "sweep"
