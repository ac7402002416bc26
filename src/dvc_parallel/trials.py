"""Trials: versions of a pipeline that are made one after the other, each an experiment.

Whoever searches gives a version when a worker is free, and learns what its stages wrote before the
next. All happens in a clone, as in a sweep; the workspace's repository gets the experiments'
references, each as soon as its trial has ended.
"""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dvc_parallel import options as checks
from dvc_parallel import plan as planning
from dvc_parallel import repro, snapshot, trial_commit
from dvc_parallel.cluster_run import run_stages
from dvc_parallel.dispatch import Source
from dvc_parallel.options import Options
from dvc_parallel.save_experiments import Saver
from dvc_parallel.sweep import check_project, experiment
from dvc_parallel.sweep_clone import SweepClone
from dvc_parallel.version import PipelineVersion

Json = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """A version of the pipeline."""

    name: str  # of the experiment
    files: Mapping[str, str]  # texts over the workspace's, by path in the project


@dataclass(frozen=True)
class Ended:
    """A trial that has ended."""

    trial: Trial
    texts: Mapping[str, str]  # of the files that were asked for
    why: str = ""  # what a stage that failed said
    final: bool = False  # it refused its inputs, and would again


@dataclass(frozen=True)
class Trials:
    """One state of the workspace, whose trials run in clones."""

    options: Options
    clone: SweepClone
    folder: Path

    def run(
        self,
        targets: Sequence[str],
        asked: Sequence[str],
        more: Callable[[], Trial | None],
        ended: Callable[[Ended], None],
        beside: Callable[[], Any] | None = None,
        *,
        saved: bool = True,
    ) -> list[str]:
        """Run the trials that `more` gives until it gives none and all have ended; return faults.

        `more` is called when a worker is free. It may give a trial after it gave none, once another
        one has ended. A fault says which experiment could not be made, and why.

        Args:
            targets: the stages of each trial, as for `dvc repro` in the project's top folder.
            asked: the files that these write, that Git keeps, and whose texts are wanted.
            more: gives a trial.
            ended: is told of each.
            beside: returns what is shown below the stages that run.
            saved: whether each becomes an experiment.

        Raises:
            RunError: it cannot begin, or the cluster is lost. What has ended was told before.
        """
        first = more()
        if first is None:
            return []
        trials: dict[str, Trial] = {}
        locks: dict[str, dict[str, Json]] = {}
        faults: list[str] = []
        last: list[PipelineVersion] = []

        def version_of(trial: Trial) -> PipelineVersion:
            trials[trial.name] = trial
            like = last[0] if last else None
            made = self.clone.with_files(trial.name, trial.files, targets, tuple(asked), like)
            last[:] = [made]
            return made

        def next_version() -> PipelineVersion | None:
            trial = more()
            return version_of(trial) if trial else None

        def version_ended(version: PipelineVersion, why: str, final: bool) -> None:
            trial, own = trials.pop(version.label), locks.pop(version.label)
            if saved and not why and (fault := self._save(trial, version, own, targets)):
                faults.append(fault)
            ended(Ended(trial, version.texts, why, final))

        run_stages(
            [version_of(first)], self.clone.store, self.folder, self.options,
            self.clone.plan.project, Source(next_version, version_ended), beside, locks,
        )  # fmt: skip
        return faults

    def _save(
        self, trial: Trial, version: PipelineVersion, locks: dict[str, Json], targets: Sequence[str]
    ) -> str | None:
        """Make an experiment of a trial; return what went wrong, if it did."""
        made = experiment(trial.name, self.clone.origin.top)
        if trial_commit.is_possible(version, locks):
            trial_commit.commit(self.clone, made, version, locks)
            return None
        with (
            TemporaryDirectory(dir=self.folder) as place,
            Saver(self.clone, Path(place) / "saver", targets) as saver,
        ):
            return saver.save((made, version, locks))

    def mark(self, trial: Trial, target: str) -> str:
        """Return a hash of all that DVC knows a trial's stage to follow from, but its own files."""
        version = self.clone.with_files(trial.name, trial.files, [target], ())
        node = version.plan.nodes[target]
        outs = [out for name in node.upstream for out in _outs(version.plan.nodes[name])]
        files = {dep: version.blobs.get(dep) for dep in node.deps}
        values = {file: own for file, own in node.params.items() if file not in trial.files}
        parts = [node.cmd, node.outs, files, outs, values]
        text = json.dumps(parts, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


@contextlib.contextmanager
def opened(options: Options) -> Iterator[Trials]:
    """Take the workspace as it is; uncommitted changes of what Git tracks count.

    Raises:
        RunError: another run is under way here, or experiments cannot be made from it.
    """
    checks.check(options)
    check_project()
    plan = planning.read(whole=True)
    with repro.own_folder(plan.project) as folder:
        store = snapshot.open_store(plan.project, folder)
        experiment("any", store.top)  # refuses a repository without a commit
        yield Trials(options, SweepClone.make(plan, store, folder), folder)


def stale(targets: Sequence[str]) -> str:
    """Return the first stage that `targets` need and that is to run; empty where none is.

    Raises:
        RunError: DVC cannot read the project.
    """
    return next(iter(planning.read(targets).to_run()), "")


def _outs(node: planning.Node) -> list[Json]:
    found: list[Json] = (node.lock or {}).get("outs", [])
    return found
