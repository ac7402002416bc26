"""A clone in which a sweep checks out one parameter set after the other."""

import contextlib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import dvc_internals as internals
from dvc_parallel import clone, snapshot
from dvc_parallel import plan as planning
from dvc_parallel.errors import RunError, one_line
from dvc_parallel.git import git
from dvc_parallel.plan import Plan
from dvc_parallel.version import PipelineVersion

Check = Callable[[Path, str], None]  # raises ValueError for values that cannot work
Overrides = dict[str, list[str]]  # by parameter file, in Hydra's grammar


@dataclass(frozen=True)
class Experiment:
    """One parameter set."""

    name: str
    ref: str  # where DVC looks for it
    overrides: Overrides

    def values(self) -> str:
        """`rate=5, epochs=3`."""
        return ", ".join(text for texts in self.overrides.values() for text in texts)


@dataclass(frozen=True)
class SweepClone:
    """A clone at the workspace's commit."""

    plan: Plan  # of the workspace
    origin: snapshot.Store  # of its repository
    store: snapshot.Store  # of the clone
    head: str  # the workspace's commit
    base: str  # a snapshot of the workspace
    extras: frozenset[str]  # what stages read and Git does not track
    check: Check | None = None  # of a parameter file, and of its name in the project

    @classmethod
    def make(
        cls,
        plan: Plan,
        origin: snapshot.Store,
        folder: Path,
        sets: snapshot.Store | None = None,
        check: Check | None = None,
    ) -> "SweepClone":
        """Clone into `folder`, with the workspace's DVC configuration and cache.

        `sets` is the store of another clone, which has made the snapshots of parameter sets.
        """
        top, own = folder / "clone", folder / "sets"
        own.mkdir(parents=True)
        git("clone", "--quiet", "--shared", "--no-checkout", str(origin.top), str(top))
        base = origin.commit()
        with (top / ".git/objects/info/alternates").open("a", encoding="utf-8") as alternates:
            known = [origin.folder / "objects", own / "objects"]
            known += [sets.folder / "objects", sets.objects] if sets else []
            alternates.writelines(f"{objects}\n" for objects in known)
        head = git("-C", str(origin.top), "rev-parse", "HEAD")
        contents, tracked = plan.contents, set(origin.blobs(base, plan.project))
        extras = (contents.required | contents.optional) - tracked
        store = snapshot.open_store(top, own)
        made = cls(plan, origin, store, head, base, frozenset(extras), check)
        made.check_out(base)
        settings = {"cache": {"dir": plan.cache}, "core": {"autostage": "true"}}
        config = made.counterpart(plan.project) / ".dvc/config.local"
        clone.configure(config, plan.config, settings)
        return made

    def version(self, experiment: Experiment, targets: Sequence[str]) -> PipelineVersion:
        """The pipeline with a set's parameters.

        Raises:
            RunError: they cannot be set or cannot work, or DVC cannot read the pipeline then.
        """
        self.check_out(self.base)
        project = self.counterpart(self.plan.project)
        for name, overrides in experiment.overrides.items():
            path = project / name
            if not path.is_file():
                raise RunError(f"--set-param: {name}: not found")
            try:
                internals.set_parameters(path, overrides)
            except ValueError as error:
                why = internals.unknown_parameter(path, error) or one_line(error)
                raise RunError(f"--set-param: {name}: {why}") from None
            if self.check is not None:
                try:
                    self.check(path, name)
                except ValueError as error:
                    raise RunError(f"{experiment.values()}: {error}") from None
            git("-C", str(self.store.top), "add", "--force", "--", str(path))
        commit = self.store.commit()
        with contextlib.chdir(self.counterpart(Path.cwd())):  # targets are relative to it
            plan = planning.read(targets)
        return PipelineVersion(experiment.name, commit, plan, self.store.blobs(commit, project))

    def with_files(
        self,
        label: str,
        files: Mapping[str, str],
        targets: Sequence[str],
        asked: tuple[str, ...],
        like: PipelineVersion | None = None,
    ) -> PipelineVersion:
        """The pipeline with these texts over the workspace's, by path in the project.

        What a `dvc.lock` beside a pipeline file of theirs says does not count. `asked` are files
        whose texts are wanted of the workers. `like` is a version that may differ in values only;
        then DVC need not read the pipeline anew, which takes a second.

        Raises:
            RunError: DVC cannot read the pipeline then.
        """
        project = self.counterpart(self.plan.project)
        if like and _same_pipeline(files, like.files):
            plan, before = like.plan, like.blobs
        else:
            self.check_out(self.base, files)
            with contextlib.chdir(project):
                plan = planning.read(targets)
            before = self.store.blobs(self.base, project)
        # A file's text stands for the values in it.
        nodes = {
            name: replace(node, params={p: files.get(p, own) for p, own in node.params.items()})
            for name, node in plan.nodes.items()
        }
        plan = replace(plan, nodes=nodes)
        own = {name: hashlib.sha1(text.encode()).hexdigest() for name, text in files.items()}
        blobs = {**before, **own}
        return PipelineVersion(label, self.base, plan, blobs, files, asked)

    def difference(
        self, experiment: Experiment, version: PipelineVersion, targets: Sequence[str]
    ) -> str:
        """What an experiment that exists was made from, and this set is not; empty where nothing.

        Outputs do not count, as they follow from the rest.
        """
        top, project = self.origin.top, self.plan.project
        made = self.origin.blobs(experiment.ref, project)
        made = {name: blob for name, blob in made.items() if not _is_made(name, version.plan)}
        given = {n: blob for n, blob in version.blobs.items() if not _is_made(n, version.plan)}
        # DVC commits what stages read, unless Git ignores it.
        committed = sorted(self.extras & made.keys())
        paths = [str(project / name) for name in committed]
        hashes = git("-C", str(top), "hash-object", "--", *paths).split() if paths else []
        given.update(zip(committed, hashes, strict=True))
        changed = sorted(n for n in made.keys() | given.keys() if made.get(n) != given.get(n))
        # A folder differs where one of its files does, which may be an output.
        folders = {str(folder) for name in (*made, *given) for folder in PurePath(name).parents}
        files = [name for name in changed if name not in folders]
        if files or self.extras <= made.keys():
            return f"another {', '.join(files[:5])}" if files else ""
        # What Git ignores stands in the experiment's dvc.lock alone.
        self.check_out(git("-C", str(top), "rev-parse", experiment.ref))
        with contextlib.chdir(self.counterpart(Path.cwd())):
            nodes = planning.read(targets).nodes
        stale = [n for n, node in nodes.items() if node.state == "run" and not node.always]
        return f"other files that {stale[0]} reads" if stale else ""

    def check_out(self, commit: str, files: Mapping[str, str] | None = None) -> None:
        """Have a commit's files and the untracked ones that stages read, and no outputs.

        `files` are texts over the commit's, by path in the project.
        """
        # The experiment before has moved HEAD; each experiment belongs to the workspace's commit.
        git("-C", str(self.store.top), "update-ref", "--no-deref", "HEAD", self.head)
        git("-C", str(self.store.top), "read-tree", "--reset", "-u", commit)
        git("-C", str(self.store.top), "clean", "-fdxq", "--exclude=.dvc")
        project = self.counterpart(self.plan.project)
        clone.copy(self.extras, self.plan.project, project)
        for path in (project / name for name in files or ()):
            if path.name == "dvc.yaml":
                path.with_name("dvc.lock").unlink(missing_ok=True)
        if files:
            clone.write(files, project)
            paths = [str(project / name) for name in files]
            git("-C", str(self.store.top), "add", "--force", "--", *paths)

    def counterpart(self, path: Path) -> Path:
        """The clone's path for a path in the workspace."""
        return self.store.top / path.resolve().relative_to(self.origin.top.resolve())


def _same_pipeline(files: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Whether two versions have the same stages: one file of parameters alone differs.

    `params.yaml` beside a `dvc.yaml` may make other stages, by its `foreach`.
    """
    return files.keys() == others.keys() and all(
        PurePath(name).name == "params.yaml" and name != "params.yaml"
        for name in files
        if files[name] != others[name]
    )


def _is_made(name: str, plan: Plan) -> bool:
    """Whether a run of the pipeline may write a file, by its path in the project."""
    path = PurePath(name)
    outputs = {out for node in plan.nodes.values() for out in node.outs}
    return path.name in ("dvc.lock", ".gitignore") or not outputs.isdisjoint(
        map(str, (path, *path.parents))
    )
