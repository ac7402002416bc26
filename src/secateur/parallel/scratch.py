"""A clone in which a sweep lays out one parameter set after the other, and has DVC save each."""

import contextlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from secateur.errors import one_line
from secateur.parallel import pipeline, snapshot, worker
from secateur.parallel.adopting import adopt
from secateur.parallel.errors import RunError
from secateur.parallel.git import clean_environment, git
from secateur.parallel.variant import Variant

Overrides = dict[str, list[str]]  # by parameter file, in Hydra's grammar


@dataclass(frozen=True)
class Experiment:
    """One parameter set."""

    name: str
    ref: str  # where DVC looks for it
    overrides: Overrides


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
        needs, tracked = plan.needs, set(origin.blobs(base, plan.project))
        extras = (needs.files | needs.left_behind) - tracked
        (folder / "sets").mkdir()
        store = snapshot.open_store(top, folder / "sets")
        scratch = cls(plan, origin, store, head, base, frozenset(extras))
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
        # The experiment before has moved it: each is to follow from the workspace's commit.
        git("-C", str(self.store.top), "update-ref", "--no-deref", "HEAD", self.head)
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
                what: Any = error.__cause__ or error
                raise RunError(f"--set-param: {name}: {one_line(what)}") from None
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
        adopt(variant.plan, locks)
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
