"""A clone in which a sweep checks out one parameter set after the other, and DVC saves each."""

import contextlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dvc_internals as internals
from dvc_parallel import clone, snapshot
from dvc_parallel import plan as planning
from dvc_parallel.errors import RunError, one_line
from dvc_parallel.git import clean_environment, git
from dvc_parallel.plan import Plan
from dvc_parallel.restore import restore
from dvc_parallel.version import PipelineVersion

Overrides = dict[str, list[str]]  # by parameter file, in Hydra's grammar


@dataclass(frozen=True)
class Experiment:
    """One parameter set."""

    name: str
    ref: str  # where DVC looks for it
    overrides: Overrides


@dataclass(frozen=True)
class SweepClone:
    """A clone at the workspace's commit."""

    plan: Plan  # of the workspace
    origin: snapshot.Store  # of its repository
    store: snapshot.Store  # of the clone
    head: str  # the workspace's commit
    base: str  # a snapshot of the workspace
    extras: frozenset[str]  # what stages read and Git does not track

    @classmethod
    def make(cls, plan: Plan, origin: snapshot.Store, folder: Path) -> "SweepClone":
        """Clone, with the workspace's DVC configuration and cache."""
        top, sets = folder / "clone", folder / "sets"
        git("clone", "--quiet", "--shared", "--no-checkout", str(origin.top), str(top))
        base = origin.commit()
        with (top / ".git/objects/info/alternates").open("a", encoding="utf-8") as alternates:
            alternates.write(f"{origin.folder / 'objects'}\n{sets / 'objects'}\n")
        head = git("-C", str(origin.top), "rev-parse", "HEAD")
        contents, tracked = plan.contents, set(origin.blobs(base, plan.project))
        extras = (contents.required | contents.optional) - tracked
        sets.mkdir()
        store = snapshot.open_store(top, sets)
        made = cls(plan, origin, store, head, base, frozenset(extras))
        made._check_out(base)
        settings = {"cache": {"dir": plan.cache}, "core": {"autostage": "true"}}
        config = made._counterpart(plan.project) / ".dvc/config.local"
        clone.configure(config, plan.config, settings)
        return made

    def version(self, experiment: Experiment, targets: Sequence[str]) -> PipelineVersion:
        """The pipeline with a set's parameters.

        Raises:
            RunError: they cannot be set, or DVC cannot read the pipeline then.
        """
        self._check_out(self.base)
        project = self._counterpart(self.plan.project)
        for name, overrides in experiment.overrides.items():
            path = project / name
            if not path.is_file():
                raise RunError(f"--set-param: {name}: not found")
            try:
                internals.set_parameters(path, overrides)
            except ValueError as error:
                raise RunError(f"--set-param: {name}: {one_line(error)}") from None
            git("-C", str(self.store.top), "add", "--force", "--", str(path))
        commit = self.store.commit()
        with contextlib.chdir(self._counterpart(Path.cwd())):  # targets are relative to it
            plan = planning.read(targets)
        return PipelineVersion(experiment.name, commit, plan, self.store.blobs(commit, project))

    def save(
        self,
        experiment: Experiment,
        version: PipelineVersion,
        locks: dict[str, Any],
        targets: Sequence[str],
    ) -> bool:
        """Have DVC make an experiment of what the cache holds; print and return how it went."""
        self._check_out(version.snapshot)
        restore(version.plan, locks)
        command = [sys.executable, "-m", "dvc", "exp", "run", "--name", experiment.name, *targets]
        done = subprocess.run(
            command, cwd=self._counterpart(Path.cwd()), env=clean_environment(), check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        )  # fmt: skip
        if done.returncode:
            print(f"{experiment.name}: failed\n{done.stdout}", file=sys.stderr, flush=True)
            return False
        ref = f"+{experiment.ref}:{experiment.ref}"
        git("-C", str(self.origin.top), "fetch", "--quiet", str(self.store.top), ref)
        values = ", ".join(text for texts in experiment.overrides.values() for text in texts)
        print(f"{experiment.name}: {values}", flush=True)
        return True

    def _check_out(self, commit: str) -> None:
        """Have a commit's files and the untracked ones that stages read, and no outputs."""
        # The experiment before has moved HEAD; each experiment belongs to the workspace's commit.
        git("-C", str(self.store.top), "update-ref", "--no-deref", "HEAD", self.head)
        git("-C", str(self.store.top), "read-tree", "--reset", "-u", commit)
        git("-C", str(self.store.top), "clean", "-fdxq", "--exclude=.dvc")
        clone.copy(self.extras, self.plan.project, self._counterpart(self.plan.project))

    def _counterpart(self, path: Path) -> Path:
        """The clone's path for a path in the workspace."""
        return self.store.top / path.resolve().relative_to(self.origin.top.resolve())
