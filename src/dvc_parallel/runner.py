"""Runs stages in one clone: `runner.py CLONE FOLDER [CORE …]`.

This script travels to workers as source text, with `dvc_internals.py` beside it. There it needs
nothing but Python, DVC and the project in the clone.

For each byte on standard input the runner reads `FOLDER/job`, a pickle, and forks a process that
runs the job and writes `FOLDER/result` and `FOLDER/log.txt`. It answers with the exit status of
that process. A fork saves importing DVC for each stage; `FOLDER/preload` can name further modules
to import before. When standard input ends, the worker is
gone: the runner then kills its process group, stages included.
"""

import contextlib
import importlib
import os
import pickle
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import dvc_internals as internals

WAITS = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 60.0, 120.0)  # seconds between tries of a transfer
# Errors, by class, that no waiting mends: of DVC, Python, botocore and asyncssh.
REFUSALS = {
    "RemoteMissingDepsError", "PermissionError", "NoCredentialsError", "PermissionDenied",
}  # fmt: skip
Json = dict[str, Any]
T = TypeVar("T")


def main(clone: str, folder: str, *cores: str) -> None:
    """Run jobs until standard input ends; on these cores, if any are given."""
    signal.pthread_sigmask(signal.SIG_SETMASK, set())  # a stage may want to see its own SIGINT
    if cores:
        os.sched_setaffinity(0, map(int, cores))
    more = Path(folder, "preload")
    names = more.read_text(encoding="utf-8").split() if more.exists() else []
    for name in (*internals.PRELOAD, *names):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    os.chdir(clone)
    while os.read(0, 1):
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            _run_and_exit(Path(folder))
        os.close(writer)
        ready, _, _ = select.select([0, reader], [], [])
        if 0 in ready:  # nobody asks twice: the worker is gone
            break
        os.close(reader)
        os.write(1, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    os.killpg(0, signal.SIGKILL)


def _run_and_exit(folder: Path) -> None:
    """Run one job in the forked process, and end it."""
    try:
        log = os.open(
            folder / "log.txt", os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_APPEND, 0o600
        )
        nothing = os.open(os.devnull, os.O_RDONLY)
        for old, new in ((log, 1), (log, 2), (nothing, 0)):
            os.dup2(old, new)
        job = pickle.loads((folder / "job").read_bytes())
        result = save_experiment(job) if "experiment" in job else run(job)
        (folder / "result").write_bytes(pickle.dumps(result))
    except BaseException:  # nothing may return into the parent's code
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def run(job: Json) -> Json:
    """Check out what the stage needs, run it, and return its entry in `dvc.lock`.

    The current folder is the top of the DVC project. The result has `lock`, the entry; or `failed`,
    why the stage failed; or `problem`, why it could not be run or its results not be sent; or
    `refused`, which remote this worker cannot use and why, asked where the job has `unproven`.
    """
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    commands = internals.watch_commands()
    with internals.open_repo(".") as repo:
        internals.do_not_ask_to_track(repo)
        refused = _refusal(repo, job["remote"]["name"]) if job["unproven"] else ""
        if refused:
            return {"refused": refused}
        try:
            files = internals.StageFiles(repo)
            _prepare(repo, files, job)
        except Exception as error:
            return {"problem": _message(error)}
        try:
            file, name = job["stage"]["file"], job["stage"]["name"]
            stage = internals.reproduce(repo, f"{file}:{name}") or files.get(file, name)
            lock = internals.lock_entry(stage)
            if not job["cacheable"]:
                internals.cache_uncached(stage)
        except Exception as error:
            return {"failed": _message(error)}
        try:
            if job["remote"]:
                push(repo, [stage], job["remote"])
                if job["cacheable"]:
                    push_run = partial(internals.push_run, repo, lock, job["remote"]["name"])
                    retrying(push_run, "run cache: not pushed", job["remote"]["waits"])
        except Exception as error:
            return {"problem": f"its outputs could not be pushed: {_message(error)}"}
    return {"lock": lock, "restored": not commands}


def save_experiment(job: Json) -> Json:
    """Put results into the clone and have DVC make an experiment of them.

    The result has `saved`, or `failed` with DVC's exit status; DVC's words are in the log.
    """
    # On the user's machine. Stages do not inherit this, as they would the environment.
    sys.path.insert(0, job["packages"])
    from dvc_parallel.restore import restore

    restore(*pickle.loads(job["results"]))
    os.chdir(job["cwd"])
    name, targets = job["experiment"], job["targets"]
    status = internals.command_line(["exp", "run", "--name", name, *targets])
    return {"failed": f"exit status {status}"} if status else {"saved": name}


def _refusal(repo: Any, remote: str) -> str:
    """Why a remote refuses this worker for good; empty where it does not, or fails otherwise."""
    try:
        internals.reach_remote(repo, remote)
    except Exception as error:
        if type(error).__name__ in REFUSALS:
            return f"remote {remote}: {' '.join(_message(error).split())}"
    return ""


def _prepare(repo: Any, files: internals.StageFiles, job: Json) -> None:
    """Make the clone look as `dvc repro` would find the workspace when it comes to the stage."""
    remote = job["remote"]
    _write_lock(job["stage"], job["lock"])
    _prepare_folders(job["folders"])

    def fetch(out: Any) -> None:
        pull(repo, [out], remote)

    for entry in job["upstream"]:
        internals.check_out(repo, files.filled(**entry), fetch if remote else None)
    if remote:
        _fetch_known_run(repo, files.get(**job["stage"]), remote)


def _write_lock(stage: Json, entry: Json | None) -> None:
    """Write a `dvc.lock` of this stage alone: DVC reads and rewrites the whole file each time."""
    path = Path(stage["file"]).with_name("dvc.lock")
    path.unlink(missing_ok=True)
    if entry:
        internals.write_yaml(path, {"schema": "2.0", "stages": {stage["name"]: entry}})


def _prepare_folders(folders: dict[str, tuple[bool, str | None]]) -> None:
    """Make folders and each `.gitignore` as in the workspace; DVC then adds its lines in order."""
    for name, (exists, text) in folders.items():
        if exists:
            Path(name).mkdir(parents=True, exist_ok=True)
        Path(name, ".gitignore").unlink(missing_ok=True)
        if text is not None:
            Path(name, ".gitignore").write_text(text, encoding="utf-8")


def pull(repo: Any, outs: list[Any], remote: Json) -> None:
    """Fetch outputs from the remote into the cache; try again where it fails."""

    def attempt() -> None:
        for out in outs:
            internals.fetch_output(repo, out, remote["name"])

    retrying(attempt, f"{internals.output_name(outs[0])}: not pulled", remote["waits"])


def push(repo: Any, stages: list[Any], remote: Json) -> None:
    """Copy the stages' outputs from the cache to the remote; try again where it fails."""

    def attempt() -> None:
        for stage in stages:
            internals.push_outputs(repo, stage, remote["name"])

    names = ", ".join(internals.describe(stage).addressing for stage in stages)
    retrying(attempt, f"{names}: not pushed", remote["waits"])


def _fetch_known_run(repo: Any, stage: Any, remote: Json) -> None:
    """Fetch this run where the remote's run cache knows it: DVC then restores it."""
    fetch_runs = partial(internals.fetch_runs, repo, stage, remote["name"])
    possible = retrying(fetch_runs, "run cache: not pulled", remote["waits"])
    if possible and internals.fill_from_run_cache(repo, stage):
        try:
            pull(repo, internals.outputs_to_cache(stage), {**remote, "waits": ()})
        except Exception as error:  # the stage runs anew
            print(f"a run in the remote cannot be restored: {_message(error)}", flush=True)


def retrying(attempt: Callable[[], T], what: str, waits: tuple[float, ...]) -> T:
    """Call until it raises nothing, after longer and longer waits; then let it raise."""
    for wait in waits:
        try:
            return attempt()
        except Exception as error:
            print(f"{what} ({_message(error)}); again in {wait:g} s", flush=True)
            time.sleep(wait)
    return attempt()


def _message(error: BaseException) -> str:
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
