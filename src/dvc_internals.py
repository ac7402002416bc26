"""What this repository uses of DVC beyond its command line and `dvc.api`.

DVC does not document any of it, so a new version may change it: `tests/dvc_internals` checks it.
No other module looks inside DVC's repo or stages; a `Repo` and a `Raw` stage are opaque to them.
Functions import DVC, as that takes a second. The module also travels to workers as source text,
so it needs nothing but Python and DVC.
"""

import contextlib
import copy
import difflib
import importlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dvc.exceptions import DvcException
    from dvc.scm import SCMError
else:

    def __getattr__(name: str) -> Any:
        if name in ("DvcException", "SCMError"):
            module = "dvc.exceptions" if name == "DvcException" else "dvc.scm"
            return getattr(importlib.import_module(module), name)
        raise AttributeError(name)


MEASURED = "measured"  # the label of an output that never repeats, such as times
__all__ = ["DvcException", "SCMError"]

Json = dict[str, Any]
Repo = Any  # dvc.repo.Repo
Raw = Any  # dvc.stage.Stage
RawOutput = Any  # dvc.output.Output

# Every stage's process imports these sooner or later. Importing them before the fork halves the
# time of a tiny stage. None of them may open the state database or start a thread.
PRELOAD = (
    "configobj", "dulwich.ignore", "dulwich.index", "dvc.cachemgr", "dvc.data_cloud", "dvc.dirs",
    "dvc.lock", "dvc.repo.artifacts", "dvc.repo.datasets", "dvc.repo.metrics", "dvc.repo.params",
    "dvc.repo.plots", "dvc.repo.reproduce", "dvc.repo.stage", "dvc.rwlock", "dvc.scm",
    "dvc.stage.cache", "dvc.stage.run", "dvc.utils.strictyaml", "dvc_data.hashfile.checkout",
    "dvc_data.hashfile.db.local", "dvc_data.hashfile.status", "fsspec.implementations.memory",
    "networkx", "pyparsing", "ruamel.yaml",
)  # fmt: skip


# The same for `dvc exp run`; it saves a third of a second.
PRELOAD_EXPERIMENTS = (
    "celery", "dvc.cli", "dvc.cli.parser", "dvc.commands.experiments.run", "dvc.repo.experiments",
    "dvc.repo.experiments.executor.local", "dvc.repo.experiments.queue.celery",
    "dvc.repo.experiments.queue.workspace",
)  # fmt: skip


@dataclass(frozen=True)
class Dependency:
    """A dependency of a stage; the names are DVC's."""

    fs_path: str  # absolute where it is local
    def_path: str  # as dvc.yaml has it
    protocol: str
    is_in_repo: bool
    is_params: bool  # parameters of a file, not the file


@dataclass(frozen=True)
class Output:
    """An output of a stage; the names are DVC's."""

    fs_path: str
    def_path: str
    protocol: str
    is_in_repo: bool
    use_cache: bool
    persist: bool
    metric: bool
    plot: bool
    labels: tuple[str, ...]

    @property
    def measured(self) -> bool:
        """Whether its label says that no run repeats it."""
        return MEASURED in self.labels


@dataclass(frozen=True)
class Stage:
    """A stage, or a `.dvc` file; the names are DVC's."""

    addressing: str
    name: str | None  # a `.dvc` file has none
    path: str  # absolute, of the file that defines it
    path_in_repo: str
    wdir: str  # absolute
    cmd: Any
    frozen: bool
    is_import: bool
    is_data_source: bool
    always_changed: bool
    deps: tuple[Dependency, ...]
    outs: tuple[Output, ...]


# A project


def open_repo(path: str | Path | None = None) -> Repo:
    """The DVC project in `path`, or in or above the current folder; a context manager."""
    from dvc.repo import Repo

    return Repo(None if path is None else str(path))


def root_dir(repo: Repo) -> Path:
    """The project's top."""
    return Path(repo.root_dir)


def cache_dir(repo: Repo) -> str:
    """The folder of the cache."""
    return str(repo.cache.legacy.path)


def has_git(repo: Repo) -> bool:
    """Whether DVC uses a Git repository."""
    from dvc.scm import NoSCM

    return not isinstance(repo.scm, NoSCM)


def composes_parameters(repo: Repo) -> bool:
    """Whether `dvc exp run` writes `params.yaml` anew from a Hydra configuration."""
    return bool(repo.config["hydra"].get("enabled", False))


def lock(repo: Repo) -> contextlib.AbstractContextManager[Any]:
    """Within the block, no other process of DVC's uses the project."""
    from dvc.repo import lock_repo

    return lock_repo(repo)


def mend_rwlock(repo: Repo) -> None:
    """Take out of DVC's list of who reads or writes what all that processes of no more left there.

    DVC refuses to go on with half a list. It takes a process for alive that nobody has waited for,
    as in a container whose first process does not, and any other that has got its number since.
    Within `lock`.
    """
    from dvc.rwlock import (
        RWLOCK_FILE,
        RWLockFileCorruptedError,
        RWLockFileFormatError,
        _edit_rwlock,
    )

    path = Path(repo.tmp_dir, RWLOCK_FILE)
    if not path.exists():
        return
    written = path.stat().st_mtime
    hardlink = repo.config["core"].get("hardlink_lock", False)
    try:
        with _edit_rwlock(repo.tmp_dir, repo.fs, hardlink) as found:
            for name, readers in list(found["read"].items()):
                found["read"][name] = [one for one in readers if _holds(one["pid"], written)]
            for name, writer in list(found["write"].items()):
                if not _holds(writer["pid"], written):
                    del found["write"][name]
    except (RWLockFileCorruptedError, RWLockFileFormatError):
        path.unlink(missing_ok=True)


def _holds(process: int, written: float) -> bool:
    """Whether a process can be the one that a list of this time, in seconds, names."""
    import psutil

    try:
        found = psutil.Process(process)
        return bool(found.status() != psutil.STATUS_ZOMBIE and found.create_time() <= written)
    except psutil.AccessDenied:
        return True
    except psutil.Error:
        return False


def log_level(level: int) -> contextlib.AbstractContextManager[Any]:
    """Within the block, DVC logs nothing below this level and shows no progress bar."""
    from dvc.logger import set_loggers_level

    return set_loggers_level(level)


def track_files(repo: Repo) -> contextlib.AbstractContextManager[Any]:
    """Within the block, DVC collects files to track and does not say that one should add them."""
    return repo.scm_context(quiet=True)


def do_not_ask_to_track(repo: Repo) -> None:
    """From now on, DVC does not say which files one should add to Git."""
    repo.scm_context.quiet = True


def find_files(repo: Repo, folder: Path) -> Iterable[str]:
    """All files in a folder that `.dvcignore` does not exclude."""
    return repo.dvcignore.find(repo.fs, str(folder))


def status(repo: Repo) -> dict[str, Any]:
    """What `dvc status` finds, by the stage's address."""
    return dict(repo.status())


def pull(repo: Repo, targets: Sequence[str]) -> None:
    """Do what `dvc pull` does."""
    repo.pull(list(targets))


def metrics_show(repo: Repo, revs: Sequence[str]) -> Mapping[str, Any]:
    """What `dvc metrics show` reads of each revision and of the working tree (`workspace`)."""
    shown: Mapping[str, Any] = repo.metrics.show(revs=list(revs), hide_workspace=False)
    return shown


# Stages


def stages(repo: Repo) -> list[Stage]:
    """All stages and `.dvc` files."""
    return [describe(stage) for stage in repo.index.stages]


def describe(stage: Raw) -> Stage:
    """What is known of a stage."""
    return Stage(
        addressing=stage.addressing,
        name=stage.name if stage.cmd else None,
        path=stage.path,
        path_in_repo=stage.path_in_repo,
        wdir=stage.wdir,
        cmd=stage.cmd,
        frozen=bool(stage.frozen),
        is_import=bool(stage.is_import),
        is_data_source=bool(stage.is_data_source),
        always_changed=bool(stage.always_changed),
        deps=tuple(
            Dependency(
                fs_path=dep.fs_path,
                def_path=dep.def_path,
                protocol=dep.protocol,
                is_in_repo=bool(dep.is_in_repo),
                is_params=_is_params(dep),
            )
            for dep in stage.deps
        ),
        outs=tuple(
            Output(
                fs_path=out.fs_path,
                def_path=out.def_path,
                protocol=out.protocol,
                is_in_repo=bool(out.is_in_repo),
                use_cache=bool(out.use_cache),
                persist=bool(out.persist),
                metric=bool(out.metric),
                plot=bool(out.plot),
                labels=tuple(out.annot.labels),
            )
            for out in stage.outs
        ),
    )


def _is_params(dep: Any) -> bool:
    from dvc.dependency import ParamsDependency

    return isinstance(dep, ParamsDependency)


@contextlib.contextmanager
def params_files_read_once() -> Iterator[None]:
    """Within the block, DVC parses each file of parameters once, and not for each stage twice.

    The files must not change meanwhile.
    """
    from dvc.dependency import param

    load, known = param.load_path, {}

    def load_once(path: str, fs: Any, **options: Any) -> Any:
        key = (path, fs, *sorted(options))
        if key not in known:
            known[key] = load(path, fs, **options)
        return copy.deepcopy(known[key])

    param.load_path = load_once
    try:
        yield
    finally:
        param.load_path = load


def params(stage: Raw) -> Json:
    """The values of a stage's parameters, by file."""
    found = [dep for dep in stage.deps if _is_params(dep) and dep.exists]
    return {dep.def_path: dep.read_params() for dep in found}


def repro_order(
    repo: Repo, targets: Sequence[str], *, all_pipelines: bool
) -> list[tuple[Raw, list[Raw]]]:
    """What `dvc repro` would go through, in its order, each with the stages before it."""
    from dvc.dvcfile import PROJECT_FILE
    from dvc.repo import reproduce

    wanted = [] if all_pipelines else reproduce.collect_stages(repo, targets or [PROJECT_FILE])
    graph = reproduce.get_active_graph(repo.index.graph)
    order = reproduce.plan_repro(graph, wanted or None)
    place = {stage: number for number, stage in enumerate(order)}
    return [(stage, sorted(graph.successors(stage), key=place.__getitem__)) for stage in order]


def unchanged(stage: Raw, upstream: list[Raw]) -> bool:
    """Whether `dvc repro` need not run a stage, its outputs being in the workspace or the cache.

    It takes the data of a `.dvc` file as they are in the workspace.
    """
    if not stage.cmd and not stage.is_import and all(out.exists for out in stage.outs):
        return True
    if stage.changed(allow_missing=True, upstream=upstream):
        return False
    return all(
        not out.changed_cache() if out.use_cache else not out.workspace_status()
        for out in stage.outs
    )


@dataclass(frozen=True)
class Change:
    """How a stage differs from its entry in `dvc.lock`."""

    what: str  # stage, command, always, parameters, dependency or output
    path: str = ""  # of the parameter file, dependency or output, as dvc.yaml has it
    status: str = ""  # DVC's: modified, deleted, new, not in cache
    old: Any = None  # of parameters: values by name
    new: Any = None


def changes(stage: Raw, expected: Mapping[str, RawOutput], skipped: frozenset[str]) -> list[Change]:
    """What makes `dvc repro` run a stage, or restore it; empty where nothing does.

    `expected` has, by absolute path, outputs as other stages will have restored them by then.
    Dependencies whose absolute path is in `skipped` are not looked at.
    """
    if not stage.frozen and stage.cmd:
        if _is_new(stage):
            return [Change("stage")]
        found = [Change("command")] if stage.changed_stage() else []
        if stage.is_callback or stage.always_changed:
            found.append(Change("always"))
        for dep in stage.deps:
            if dep.fs_path not in skipped:
                found += _dependency_changes(dep, expected.get(dep.fs_path))
    else:
        found = [Change("stage")] if stage.is_import and stage.changed(allow_missing=True) else []
    for out in stage.outs:
        found += [Change("output", out.def_path, status) for status in out.status().values()]
    return found


def _is_new(stage: Raw) -> bool:
    """Whether `dvc.lock` has no entry of a stage."""
    return not any(item.hash_info for item in (*stage.deps, *stage.outs))


def _dependency_changes(dep: Any, expected: RawOutput | None) -> list[Change]:
    if _is_params(dep):
        if not dep.status():
            return []
        old = dep.hash_info.value if isinstance(dep.hash_info.value, dict) else {}
        return [Change("parameters", dep.def_path, "modified", old, dep.read_params())]
    if expected is not None:
        same = expected.hash_info == dep.hash_info
        return [] if same else [Change("dependency", dep.def_path, "modified")]
    return [Change("dependency", dep.def_path, status) for status in dep.status().values()]


def restorable(repo: Repo, stage: Raw, expected: Mapping[str, RawOutput]) -> list[RawOutput] | None:
    """The outputs with which DVC would restore a stage, after `StageCache.restore`; None: it runs.

    `expected` is as for `changes`. The stage, and not the workspace, is changed by this.
    """
    from dvc.stage.serialize import to_single_stage_lockfile

    if not stage.cmd or stage.frozen:
        return None
    settled = not stage.changed_stage() and all(out.hash_info for out in stage.outs)
    settled = settled and not any(
        _dependency_changes(dep, expected.get(dep.fs_path)) for dep in stage.deps
    )
    for dep in stage.deps:
        made = expected.get(dep.fs_path)
        if made is not None:
            dep.hash_info, dep.meta = made.hash_info, made.meta
        elif not dep.exists:
            return None
        else:
            dep.save()
        # What DVC would find in the workspace by then.
        dep.get_hash = lambda found=dep.hash_info: found
    cache = repo.stage_cache
    if not _can_be_restored(stage):
        return None
    entry = to_single_stage_lockfile(stage) if settled else cache._load(stage)
    if not entry:
        return None
    cached = cache._create_stage(entry, wdir=stage.wdir)
    return list(cached.outs) if cached.outs_cached() else None


def outputs_cached(repo: Repo, stage: Raw) -> bool:
    """Whether the cache has a stage's outputs as `dvc.lock` has them, what `cache: false` too."""
    from dvc.stage.serialize import to_single_stage_lockfile

    if not all(out.hash_info for out in stage.outs):
        return False
    entry = to_single_stage_lockfile(stage)
    return bool(repo.stage_cache._create_stage(entry, wdir=stage.wdir).outs_cached())


def differing(outs: Iterable[RawOutput]) -> dict[str, RawOutput]:
    """Those that are missing in the workspace or are something else there, by absolute path."""
    return {out.fs_path: out for out in outs if out.workspace_status()}


def _can_be_restored(stage: Raw) -> bool:
    from dvc.stage.cache import _can_hash

    return bool(_can_hash(stage))


def changed_data(repo: Repo) -> list[str]:
    """The data of `.dvc` files that are in the workspace, and are not what was added."""
    data = [stage for stage in repo.index.stages if not stage.cmd and not stage.is_import]
    outs = [out for stage in data for out in stage.outs if out.exists and out.workspace_status()]
    return [str(out) for out in outs]


def commit_changed_data(stage: Raw) -> bool:
    """Commit a `.dvc` file's data where they have changed, as `dvc repro` does; whether it did."""
    if not any(out.exists and out.workspace_status() for out in stage.outs):
        return False
    stage.save()
    stage.commit(relink=False)
    return True


def reproduce(repo: Repo, address: str) -> Raw | None:
    """Do what `dvc repro --single-item` does; None where the stage need not run."""
    done = repo.reproduce([address], single_item=True)
    return done[0] if done else None


def watch_commands() -> list[Any]:
    """A list that grows by each stage whose command DVC runs, and does not restore."""
    from dvc.stage import run as stage_run

    seen: list[Any] = []
    run_command = stage_run.cmd_run

    def watched(stage: Any, *args: Any, **kwargs: Any) -> None:
        seen.append(stage)
        run_command(stage, *args, **kwargs)

    stage_run.cmd_run = watched
    return seen


# dvc.lock


class StageFiles:
    """Raw stages by file and name; each file is parsed once."""

    def __init__(self, repo: Repo) -> None:
        self.repo, self.files = repo, dict[str, Any]()

    def get(self, file: str, name: str | None) -> Raw:
        """A stage; `file` is relative to the project's top, and a `.dvc` file has no name."""
        return self._file(file)[name]

    def locked(self, file: str, name: str | None) -> Json | None:
        """A stage's entry in `dvc.lock` as it stands there; it may be of another command."""
        return self._file(file).lockfile_data.get(name)  # type: ignore[no-any-return]

    def filled(self, file: str, name: str | None, lock: Json) -> Raw:
        """A stage with the hashes of this entry of a `dvc.lock`."""
        from dvc.stage.loader import StageLoader

        stage = self.get(file, name)
        StageLoader.fill_from_lock(stage, lock)
        return stage

    def _file(self, file: str) -> Any:
        from dvc.dvcfile import load_file

        if file not in self.files:
            path = Path(self.repo.root_dir, file)
            self.files[file] = load_file(self.repo, str(path)).stages
        return self.files[file]


def lock_entry(stage: Raw) -> Json:
    """What `dvc.lock` is to hold of a stage that is up to date; of a `.dvc` file, its outputs."""
    from dvc.stage.serialize import to_single_stage_lockfile

    if stage.cmd:
        entry: Json = to_single_stage_lockfile(stage)
        return entry
    return {"outs": [out.dumpd() for out in stage.outs]}


def write_yaml(path: Path, content: Json) -> None:
    """Write a file as DVC writes `dvc.lock` and the entries of its run cache."""
    from dvc.utils.serialize import dump_yaml

    dump_yaml(str(path), content)


def write_lock_entries(stages: Sequence[Raw]) -> None:
    """Write the entries of these stages into `dvc.lock`, once for each file."""
    by_file: dict[str, list[Raw]] = {}
    for stage in stages:
        by_file.setdefault(stage.path, []).append(stage)
    for together in by_file.values():
        together[0].dvcfile._lockfile.dump_stages(together)


# Outputs, the cache and remotes


def differs_from_lock(stage: Raw) -> bool:
    """Whether an output in the workspace is missing or has other content than the stage says."""
    return any(out.workspace_status() for out in stage.outs)


def check_out(repo: Repo, stage: Raw, fetch: Callable[[RawOutput], None] | None = None) -> None:
    """Put a stage's outputs into the workspace from the cache; `fetch` brings each there before."""
    for out in stage.outs:
        if out.workspace_status():
            # What DVC does not cache is a file as Git would have put it there, not a link.
            copied = (
                contextlib.nullcontext() if out.use_cache else repo.stage_cache._cache_type_copy()
            )
            with _as_cached(out), copied:
                if fetch:
                    fetch(out)
                out.checkout(force=True)
        if out.use_cache and out.is_in_repo and not repo.scm.is_tracked(out.fs_path):
            out.ignore()  # a folder that holds DVC's .gitignore hashes differently


@contextlib.contextmanager
def _as_cached(out: RawOutput) -> Iterator[None]:
    """Within the block, DVC looks for an output in the cache, whatever `cache:` says of it."""
    cached, out.use_cache = out.use_cache, True
    try:
        yield
    finally:
        out.use_cache = cached


def cache_uncached(stage: Raw) -> None:
    """Put outputs into the cache that DVC does not keep, for other clones."""
    for out in stage.outs:
        if not out.use_cache:
            with _as_cached(out):
                out.commit(relink=False)


def default_remote(repo: Repo) -> str | None:
    """The name of the default remote."""
    name: str | None = repo.config["core"].get("remote")
    return name


def remote_urls(repo: Repo) -> dict[str, str]:
    """The URLs of all remotes, by name."""
    return {name: remote["url"] for name, remote in repo.config["remote"].items()}


def check_remote(repo: Repo, remote: str) -> None:
    """Raise DvcException where a remote cannot be used."""
    repo.cloud.get_remote_odb(remote, "push")


def reach_remote(repo: Repo, remote: str) -> None:
    """Ask a remote for a file that it does not have.

    It raises whatever the library of this kind of remote raises where nobody answers, where the
    keys are wrong, or where there is no such bucket.
    """
    from dvc_objects.fs.base import ObjectFileSystem

    odb = repo.cloud.get_remote_odb(remote, "push")
    nothing = odb.fs.join(odb.path, "no-such-file")
    odb.fs.exists(nothing)
    # A file system makes folders as it needs them, and an object store makes no bucket.
    if isinstance(odb.fs, ObjectFileSystem):
        list(odb.fs.find(nothing))


def fetch_output(repo: Repo, out: RawOutput, remote: str) -> None:
    """Bring an output from the remote into the cache; raises FileNotFoundError."""
    if out.changed_cache():
        for odb, objects in out.get_used_objs(remote=remote).items():
            repo.cloud.pull(objects, remote=None if odb else remote, odb=odb)
    if out.changed_cache():
        raise FileNotFoundError(f"{out.def_path} is not in the remote {remote!r}")


def output_name(out: RawOutput) -> str:
    """The path of an output as `dvc.yaml` has it."""
    return str(out.def_path)


def outputs_to_cache(stage: Raw) -> list[RawOutput]:
    """A stage's outputs, all of which DVC now looks for in the cache."""
    for out in stage.outs:
        out.use_cache = True
    return list(stage.outs)


def push_outputs(repo: Repo, stage: Raw, remote: str) -> None:
    """Copy a stage's outputs from the cache to the remote; raises OSError."""
    for out in stage.outs:
        with _as_cached(out):
            for odb, objects in out.get_used_objs().items():
                result = repo.cloud.push(objects, remote=None if odb else remote, odb=odb)
                if result.failed:
                    raise OSError(f"{len(result.failed)} files were not copied")


# The run cache


def run_cache_path(repo: Repo, entry: Json) -> Path:
    """Where DVC keeps a stage's run in the cache, from its entry in the lock."""
    return Path(repo.stage_cache.cache_dir, *_run_cache_parts(entry))


def _run_cache_parts(entry: Json) -> tuple[str, str, str]:
    from dvc.stage.cache import _get_cache_hash

    key = _get_cache_hash(copy.copy(entry), key=True)
    return key[:2], key, _get_cache_hash(entry)


def write_run(repo: Repo, entry: Json) -> None:
    """Put a run into the cache, whole or not at all."""
    path = run_cache_path(repo, entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        write_yaml(partial, entry)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def push_run(repo: Repo, entry: Json, remote: str) -> None:
    """What `dvc push --run-cache` does, for one run."""
    from dvc.fs import localfs

    odb, source = _with_run_cache(repo, remote, "push"), run_cache_path(repo, entry)
    if odb and source.exists():
        target = odb.fs.join(odb.path, "runs", *_run_cache_parts(entry))
        _copy(localfs, str(source), odb.fs, target)


def fetch_runs(repo: Repo, stage: Raw, remote: str) -> bool:
    """What `dvc fetch --run-cache` does, for one stage with its dependencies as they are here.

    The result says whether this remote can know runs of this stage.
    """
    from dvc.fs import localfs
    from dvc.stage.cache import _can_hash, _get_stage_hash

    odb = _with_run_cache(repo, remote, "fetch")
    if not odb:
        return False
    stage.save_deps(allow_missing=True)
    if not _can_hash(stage):
        return False
    key = _get_stage_hash(stage)
    folder = odb.fs.join(odb.path, "runs", key[:2], key)
    for source in odb.fs.find(folder) if odb.fs.exists(folder) else ():
        target = Path(repo.stage_cache.cache_dir, key[:2], key, odb.fs.name(source))
        _copy(odb.fs, source, localfs, str(target))
    return True


def fill_from_run_cache(repo: Repo, stage: Raw) -> bool:
    """Give a stage, after `fetch_runs`, the hashes of its run in the cache; whether it has one."""
    from dvc.stage.loader import StageLoader

    known = repo.stage_cache._load(stage)
    if known:
        StageLoader.fill_from_lock(stage, known)
    return bool(known)


def _with_run_cache(repo: Repo, remote: str, what: str) -> Any:
    """Where the remote keeps runs; None over HTTP, where DVC has no run cache."""
    from dvc.fs import HTTPFileSystem

    odb = repo.cloud.get_remote_odb(remote, f"{what} --run-cache", "md5-dos2unix")
    return None if isinstance(odb.fs, HTTPFileSystem) else odb


def _copy(from_fs: Any, source: str, to_fs: Any, target: str) -> None:
    from dvc.fs.callbacks import DEFAULT_CALLBACK
    from dvc_objects.fs import generic

    generic.copy(from_fs, source, to_fs, target, callback=DEFAULT_CALLBACK)


# Experiments


def parameter_sets(overrides: Sequence[str]) -> list[dict[str, list[str]]]:
    """All combinations of values in the syntax of `dvc exp run --set-param`, by parameter file.

    Raises:
        ValueError: DVC cannot read one.
    """
    from dvc.utils.cli_parse import to_path_overrides
    from dvc.utils.hydra import get_hydra_sweeps
    from hydra.errors import HydraException

    try:
        return [dict(one) for one in get_hydra_sweeps(to_path_overrides(overrides))]
    except (_dvc_exception(), HydraException) as error:
        raise ValueError(str(error)) from None


def set_parameters(path: Path, overrides: list[str]) -> None:
    """Change a parameter file as `dvc exp run --set-param` does.

    Raises:
        ValueError: the file has no such parameter.
    """
    from dvc.utils.hydra import apply_overrides

    try:
        apply_overrides(str(path), overrides)
    except (_dvc_exception(), KeyError) as error:
        raise ValueError(str(error.__cause__ or error)) from None


def unknown_parameter(path: Path, error: ValueError) -> str:
    """Say which part of a name a parameter file lacks, where `set_parameters` failed for that.

    Empty where it failed otherwise. Hydra's own words advise to add the name, which no stage reads.
    """
    from dvc.fs import localfs
    from dvc.utils.serialize import load_path

    found = re.search(r"Could not override '(.+?)'", str(error))
    if not found:
        return ""
    value: Any = load_path(str(path), localfs)
    for part in found[1].split("."):
        known = [str(key) for key in value] if isinstance(value, dict) else []
        if part not in known:
            near = difflib.get_close_matches(part, known, n=1)
            hint = f" (did you mean {near[0]!r}?)" if near else ""
            return f"{found[1]}: {part!r}: no such parameter{hint}; there is: {', '.join(known)}"
        value = value[part]
    return ""


def _dvc_exception() -> type[Exception]:
    from dvc.exceptions import DvcException

    found: type[Exception] = DvcException
    return found


def command_line(arguments: Sequence[str]) -> int:
    """Do what the command `dvc` does in this process; its exit status."""
    from dvc.cli import main

    return int(main(list(arguments)) or 0)


def experiment_ref(baseline: str, name: str) -> str:
    """The Git reference under which DVC looks for an experiment on this commit."""
    from dvc.repo.experiments.refs import ExpRefInfo

    return str(ExpRefInfo(baseline, name))
