"""`secateur sweep`: the pipeline for many parameter sets, each of which becomes an experiment.

Everything happens in a clone at the workspace's commit, with its uncommitted changes; the
workspace's repository only gets the experiments' references in the end.
"""

import argparse
import contextlib
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secateur.parallel import pipeline, repro, snapshot, worker
from secateur.parallel.errors import RunError
from secateur.parallel.snapshot import clean_environment, git
from secateur.parallel.warming import Variant

Overrides = dict[str, list[str]]  # by parameter file, in Hydra's grammar


@dataclass(frozen=True)
class Experiment:
    """One parameter set."""

    name: str
    ref: str  # where DVC looks for it
    overrides: Overrides


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
            done = repro.warm(variants, scratch.store, folder, options, plan.project)
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
        raise RunError(f"--set-param: {_one_line(error)}") from None


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
        if "/" in name or subprocess.run(["git", "check-ref-format", ref], check=False).returncode:
            raise RunError(f"--name {options.name}: Git cannot call anything {name!r}")
        exists = subprocess.run(
            ["git", "-C", str(top), "rev-parse", "--verify", "--quiet", ref],
            check=False, capture_output=True, env=clean_environment(),
        )  # fmt: skip
        if not exists.returncode and not options.force:
            raise RunError(f"the experiment {name} exists; --force replaces it, --name names anew")
        found.append(Experiment(name, ref, overrides))
    return found


def name_of(overrides: Overrides) -> str:
    """`final_sparsity-0.5_epochs-3`: the same for the same set, every time."""
    parts = []
    for text in (text for texts in overrides.values() for text in texts):
        key, _, value = text.partition("=")
        parts.append(f"{key.lstrip('+~').rsplit('.', 1)[-1]}-{value}")
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", "_".join(parts)).replace("--", "-")
    return re.sub(r"\.{2,}|^[.-]+|[.-]+$|\.lock$", "", name)[:80].rstrip(".-") or "sweep"


@dataclass(frozen=True)
class Scratch:
    """A clone at the workspace's commit, in which one set after the other is laid out."""

    plan: pipeline.Plan  # of the workspace
    origin: snapshot.Store  # of its repository
    store: snapshot.Store  # of the clone
    head: str  # the workspace's commit
    base: str  # another one, of its tracked files as they are
    extras: frozenset[str]  # what stages read and Git does not track

    @classmethod
    def make(cls, plan: pipeline.Plan, origin: snapshot.Store, folder: Path) -> "Scratch":
        """Clone, with DVC configured as in the workspace and the same cache."""
        top, base = folder / "scratch", origin.commit()
        git("clone", "--quiet", "--shared", "--no-checkout", str(origin.top), str(top))
        with (top / ".git/objects/info/alternates").open("a", encoding="utf-8") as alternates:
            alternates.write(f"{origin.folder / 'objects'}\n{folder / 'sets/objects'}\n")
        head = git("-C", str(origin.top), "rev-parse", "HEAD")
        git("-C", str(top), "checkout", "--quiet", "--detach", head)
        tracked = origin.blobs(base, plan.project)
        (folder / "sets").mkdir()
        store = snapshot.open_store(top, folder / "sets")
        scratch = cls(plan, origin, store, head, base, frozenset(plan.files() - set(tracked)))
        scratch.lay_out(base)
        settings = {"cache": {"dir": plan.cache}, "core": {"autostage": "true"}}
        worker.configure(scratch.project / ".dvc/config.local", plan.config, settings)
        return scratch

    @property
    def project(self) -> Path:
        """DVC's folder in the clone."""
        return self._there(self.plan.project)

    def lay_out(self, commit: str) -> None:
        """Have these tracked files, what they need besides, and no outputs."""
        git("-C", str(self.store.top), "read-tree", "--reset", "-u", commit)
        git("-C", str(self.store.top), "clean", "-fdxq", "--exclude=.dvc")
        worker.copy(self.extras, self.plan.project, self.project)

    def variant(self, experiment: Experiment, targets: list[str]) -> Variant:
        """The pipeline with a set's parameters.

        Raises:
            RunError: they cannot be set, or DVC cannot read what they make.
        """
        from dvc.exceptions import DvcException
        from dvc.utils.hydra import apply_overrides

        self.lay_out(self.base)
        for name, overrides in experiment.overrides.items():
            path = self.project / name
            if not path.is_file():
                raise RunError(f"--set-param: {name}: not found")
            try:
                apply_overrides(str(path), overrides)
            except (DvcException, KeyError) as error:
                what = error.__cause__ or error
                raise RunError(f"--set-param: {name}: {_one_line(what)}") from None
            git("-C", str(self.store.top), "add", "--force", "--", str(path))
        commit = self.store.commit()
        with contextlib.chdir(self._there(Path.cwd())):  # targets are relative to it
            plan = pipeline.read(targets=targets)
        return Variant(experiment.name, commit, plan, self.store.blobs(commit, self.project))

    def save(
        self, experiment: Experiment, variant: Variant, locks: dict[str, Any], targets: list[str]
    ) -> bool:
        """Have DVC make an experiment of the set, from what the cache holds; say how it went."""
        self.lay_out(variant.snapshot)
        # The experiment before has moved it: each is to follow from the workspace's commit.
        git("-C", str(self.store.top), "update-ref", "--no-deref", "HEAD", self.head)
        repro.adopt(variant.plan, locks)
        command = [sys.executable, "-m", "dvc", "exp", "run", "--name", experiment.name, *targets]
        done = subprocess.run(
            command, cwd=self._there(Path.cwd()), env=clean_environment(), check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        )  # fmt: skip
        if done.returncode:
            print(f"{experiment.name}: failed\n{done.stdout}", file=sys.stderr, flush=True)
            return False
        ref = f"+{experiment.ref}:{experiment.ref}"
        git("-C", str(self.origin.top), "fetch", "--quiet", str(self.store.top), ref)
        print(f"{experiment.name}: {_shown(experiment.overrides)}", flush=True)
        return True

    def _there(self, path: Path) -> Path:
        """The clone's counterpart of a path in the workspace."""
        return self.store.top / path.resolve().relative_to(self.origin.top.resolve())


def _shown(overrides: Overrides) -> str:
    return ", ".join(text for texts in overrides.values() for text in texts)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:500]
