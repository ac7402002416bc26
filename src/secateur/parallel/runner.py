"""Runs stages in one clone: `runner.py CLONE FOLDER [CORE …]`, a script, as it travels to workers.

For each byte on standard input it reads `FOLDER/job`, a pickle, runs the job in a process of its
own, which leaves `FOLDER/result` and `FOLDER/log.txt`, and answers with that process's exit
status. Forking saves importing DVC for each stage. When standard input ends, whoever asked is
gone: the runner then kills its process group, stages included.

Needs nothing but Python, DVC and, in the clone, the project.
"""

import contextlib
import copy
import importlib
import os
import pickle
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

WAITS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 60.0, 120.0)  # seconds between tries of a transfer
Json = dict[str, Any]
# What every job imports sooner or later, imported once: half of what a tiny stage takes.
PRELOAD = (
    "configobj", "dulwich.ignore", "dulwich.index", "dvc.cachemgr", "dvc.data_cloud", "dvc.dirs",
    "dvc.lock", "dvc.repo.artifacts", "dvc.repo.datasets", "dvc.repo.metrics", "dvc.repo.params",
    "dvc.repo.plots", "dvc.repo.reproduce", "dvc.repo.stage", "dvc.rwlock", "dvc.scm",
    "dvc.stage.cache", "dvc.stage.run", "dvc.utils.strictyaml", "dvc_data.hashfile.checkout",
    "dvc_data.hashfile.db.local", "dvc_data.hashfile.status", "fsspec.implementations.memory",
    "networkx", "pyparsing", "ruamel.yaml",
)  # fmt: skip


def main(clone: str, folder: str, *cores: str) -> None:
    """Serve jobs until standard input ends; on these cores, if any are given."""
    signal.pthread_sigmask(signal.SIG_SETMASK, set())  # a stage may want to see its own SIGINT
    if cores:
        os.sched_setaffinity(0, map(int, cores))
    for name in PRELOAD:  # nothing here may open the state database or start a thread
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    os.chdir(clone)
    while os.read(0, 1):
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            _work(Path(folder))
        os.close(writer)
        ready, _, _ = select.select([0, reader], [], [])
        if 0 in ready:  # nobody asks twice: the worker is gone
            break
        os.close(reader)
        os.write(1, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    os.killpg(0, signal.SIGKILL)


def _work(folder: Path) -> None:
    """The child's whole life."""
    try:
        log = os.open(
            folder / "log.txt", os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_APPEND, 0o600
        )
        nothing = os.open(os.devnull, os.O_RDONLY)
        for old, new in ((log, 1), (log, 2), (nothing, 0)):
            os.dup2(old, new)
        result = run(pickle.loads((folder / "job").read_bytes()))
        (folder / "result").write_bytes(pickle.dumps(result))
    except BaseException:  # nothing may return into the parent's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def run(job: Json) -> Json:
    """Make what the stage needs, run it, and say what `dvc.lock` says of it.

    Returns `lock`, its entry; or `failed`, why the stage failed; or `problem`, why it was not
    even tried. The current folder is the top of the DVC project.
    """
    from dvc.repo import Repo

    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    commands = _watch_commands()
    with Repo(".") as repo:
        repo.scm_context.quiet = True
        try:
            _write_lock(job)
            _lay_out(job["folders"])
            stages = Stages(repo)
            for entry in job["upstream"]:
                take(repo, stages.filled(entry), remote=job["remote"])
            if job["remote"]:
                _restore(repo, stages.get(job["stage"]), job["remote"])
        except Exception as error:
            return {"problem": _text(error)}
        try:
            name = f"{job['stage']['file']}:{job['stage']['name']}"
            done = repo.reproduce([name], single_item=True)
            stage = done[0] if done else stages.get(job["stage"])
            lock = entry_of(stage)
            if not job["cacheable"]:
                _keep_all(repo, stage)
        except Exception as error:
            return {"failed": _text(error)}
        try:
            if job["remote"]:
                push(repo, [stage], job["remote"])
                if job["cacheable"]:
                    push_entry(repo, lock, job["remote"])
        except Exception as error:
            return {"problem": f"its outputs could not be pushed: {_text(error)}"}
    return {"lock": lock, "restored": not commands}


class Stages:
    """Stages by file and name; each file is parsed once."""

    def __init__(self, repo: Any) -> None:
        self.repo, self.files = repo, dict[str, Any]()

    def get(self, where: Json) -> Any:
        """The stage of `file` and `name`; a `.dvc` file has no name."""
        return self._file(where)[where["name"]]

    def locked(self, where: Json) -> Json | None:
        """A stage's entry in `dvc.lock` as it stands there, which may be of another command."""
        return self._file(where).lockfile_data.get(where["name"])  # type: ignore[no-any-return]

    def filled(self, entry: Json) -> Any:
        """The stage with the hashes of a lock's entry."""
        from dvc.stage.loader import StageLoader

        stage = self.get(entry)
        StageLoader.fill_from_lock(stage, entry["lock"])
        return stage

    def _file(self, where: Json) -> Any:
        from dvc.dvcfile import load_file

        if where["file"] not in self.files:
            path = Path(self.repo.root_dir, where["file"])
            self.files[where["file"]] = load_file(self.repo, str(path)).stages
        return self.files[where["file"]]


def entry_of(stage: Any) -> Json:
    """What `dvc.lock` is to hold of a stage that is up to date; of a `.dvc` file, its outputs."""
    from dvc.stage.serialize import to_single_stage_lockfile

    if stage.cmd:
        return to_single_stage_lockfile(stage)
    return {"outs": [out.dumpd() for out in stage.outs]}


def take(repo: Any, stage: Any, remote: Json | None) -> None:
    """Put a stage's outputs into the clone, from the cache (and, before that, the remote)."""
    for out in stage.outs:
        if out.workspace_status():
            # What DVC does not cache is a file as Git would have put it there, not a link.
            copied = (
                contextlib.nullcontext() if out.use_cache else repo.stage_cache._cache_type_copy()
            )
            with _as_cached(out), copied:
                if remote:
                    pull(repo, [out], remote)
                out.checkout(force=True)
        if out.use_cache and out.is_in_repo and not repo.scm.is_tracked(out.fs_path):
            out.ignore()  # a folder that holds DVC's .gitignore hashes differently


@contextlib.contextmanager
def _as_cached(out: Any) -> Iterator[None]:
    """Within the block, DVC looks for an output in the cache, whatever `cache:` says of it."""
    cached, out.use_cache = out.use_cache, True
    try:
        yield
    finally:
        out.use_cache = cached


def pull(repo: Any, outs: list[Any], remote: Json) -> None:
    """Fetch outputs from the remote into the cache, again where it fails for a while."""

    def attempt() -> None:
        for out in outs:
            if out.changed_cache():
                for odb, objects in out.get_used_objs(remote=remote["name"]).items():
                    repo.cloud.pull(objects, remote=None if odb else remote["name"], odb=odb)
            if out.changed_cache():
                raise FileNotFoundError(f"{out.def_path} is not in the remote {remote['name']!r}")

    retrying(attempt, f"{outs[0].def_path}: not pulled", remote["waits"])


def push(repo: Any, stages: list[Any], remote: Json) -> None:
    """Copy the stages' outputs from the cache to the remote, again where it fails for a while."""

    def attempt() -> None:
        for out in (out for stage in stages for out in stage.outs):
            with _as_cached(out):
                for odb, objects in out.get_used_objs().items():
                    name = None if odb else remote["name"]
                    result = repo.cloud.push(objects, remote=name, odb=odb)
                    if result.failed:
                        raise OSError(f"{len(result.failed)} files were not copied")

    retrying(attempt, f"{', '.join(s.addressing for s in stages)}: not pushed", remote["waits"])


def run_cache_path(lock: Json) -> tuple[str, str, str]:
    """Where DVC keeps a stage's run, below `runs/`, from its entry in the lock."""
    from dvc.stage.cache import _get_cache_hash

    key = _get_cache_hash(copy.copy(lock), key=True)
    return key[:2], key, _get_cache_hash(lock)


def push_entry(repo: Any, lock: Json, remote: Json) -> None:
    """What `dvc push --run-cache` does, for one run."""
    from dvc.fs import localfs

    odb, parts = _with_run_cache(repo, remote, "push"), run_cache_path(lock)
    source = Path(repo.stage_cache.cache_dir, *parts)
    if odb and source.exists():
        target = odb.fs.join(odb.path, "runs", *parts)
        attempt = partial(_copy, localfs, str(source), odb.fs, target)
        retrying(attempt, "run cache: not pushed", remote["waits"])


def _restore(repo: Any, stage: Any, remote: Json) -> None:
    """Where the remote's run cache knows this run, get it: DVC then restores it."""
    from dvc.fs import localfs
    from dvc.stage.cache import _can_hash, _get_stage_hash
    from dvc.stage.loader import StageLoader

    odb = _with_run_cache(repo, remote, "fetch")
    if not odb:
        return
    stage.save_deps(allow_missing=True)
    if not _can_hash(stage):
        return
    key = _get_stage_hash(stage)
    folder = odb.fs.join(odb.path, "runs", key[:2], key)

    def attempt() -> None:
        for source in odb.fs.find(folder) if odb.fs.exists(folder) else ():
            target = Path(repo.stage_cache.cache_dir, key[:2], key, odb.fs.name(source))
            _copy(odb.fs, source, localfs, str(target))

    retrying(attempt, "run cache: not pulled", remote["waits"])
    known = repo.stage_cache._load(stage)
    if known:
        StageLoader.fill_from_lock(stage, known)
        for out in stage.outs:
            out.use_cache = True
        try:
            pull(repo, stage.outs, {**remote, "waits": ()})
        except Exception as error:  # it is run anew
            print(f"a run that the remote knows cannot be restored: {_text(error)}", flush=True)


def _with_run_cache(repo: Any, remote: Json, what: str) -> Any:
    """Where the remote keeps runs; None over HTTP, where DVC has no run cache."""
    from dvc.fs import HTTPFileSystem

    odb = repo.cloud.get_remote_odb(remote["name"], f"{what} --run-cache", "md5-dos2unix")
    return None if isinstance(odb.fs, HTTPFileSystem) else odb


def _copy(from_fs: Any, source: str, to_fs: Any, target: str) -> None:
    from dvc.fs.callbacks import DEFAULT_CALLBACK
    from dvc_objects.fs import generic

    generic.copy(from_fs, source, to_fs, target, callback=DEFAULT_CALLBACK)


def retrying(attempt: Callable[[], None], what: str, waits: tuple[float, ...]) -> None:
    """Call until it raises nothing, after longer and longer waits; then let it raise."""
    for wait in waits:
        try:
            return attempt()
        except Exception as error:
            print(f"{what} ({_text(error)}); again in {wait:g} s", flush=True)
            time.sleep(wait)
    return attempt()


def _keep_all(repo: Any, stage: Any) -> None:
    """Put outputs into the cache that DVC does not keep, so that other clones get them."""
    for out in stage.outs:
        if not out.use_cache:
            with _as_cached(out):
                out.commit(relink=False)


def _write_lock(job: Json) -> None:
    """A `dvc.lock` of this stage alone: DVC reads and rewrites the whole file for each stage."""
    from dvc.utils.serialize import dump_yaml

    path = Path(job["stage"]["file"]).with_name("dvc.lock")
    path.unlink(missing_ok=True)
    if job["lock"]:
        dump_yaml(str(path), {"schema": "2.0", "stages": {job["stage"]["name"]: job["lock"]}})


def _lay_out(folders: dict[str, tuple[bool, str | None]]) -> None:
    """Have folders and each `.gitignore` as in the workspace; DVC then adds to it, in order."""
    for name, (exists, text) in folders.items():
        if exists:
            Path(name).mkdir(parents=True, exist_ok=True)
        Path(name, ".gitignore").unlink(missing_ok=True)
        if text is not None:
            Path(name, ".gitignore").write_text(text, encoding="utf-8")


def _watch_commands() -> list[Any]:
    """A list that grows by each stage whose command DVC runs, and does not restore."""
    from dvc.stage import run as stage_run

    seen: list[Any] = []
    really = stage_run.cmd_run

    def watched(stage: Any, *args: Any, **kwargs: Any) -> None:
        seen.append(stage)
        really(stage, *args, **kwargs)

    stage_run.cmd_run = watched
    return seen


def _text(error: BaseException) -> str:
    """The message of an error and of what caused it, on one line each."""
    lines = []
    cause: BaseException | None = error
    while cause is not None:
        line = " ".join(str(cause).split()) or type(cause).__name__
        if line not in lines:
            lines.append(line)
        cause = cause.__cause__
    return "\n".join(lines)[:2000]


if __name__ == "__main__":
    main(*sys.argv[1:])
