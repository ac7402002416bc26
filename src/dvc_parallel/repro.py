"""`repro`: fills the run cache on workers, then lets `dvc repro` check and finish."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from dvc_parallel import lock_backup, snapshot
from dvc_parallel import options as checks
from dvc_parallel import plan as planning
from dvc_parallel.cluster_run import run_stages
from dvc_parallel.errors import RunError
from dvc_parallel.options import Options
from dvc_parallel.restore import restore
from dvc_parallel.version import PipelineVersion

Json = dict[str, Any]


def guarded(name: str, call: Callable[[], int]) -> int:
    """Call a command's function and return the exit status of the command `name`.

    The exit status is the function's, 2 after a RunError, or 130 after an interruption; SIGTERM
    and SIGHUP interrupt it like Ctrl-C. Processes that it starts find this interpreter's own
    `python` and `dvc`, whether or not its environment is activated.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    own = str(Path(sys.executable).parent)  # unresolved: a link there points outside of a venv
    path = os.environ.get("PATH", os.defpath)
    if path.split(os.pathsep)[0] != own:
        os.environ["PATH"] = f"{own}{os.pathsep}{path}"
    try:
        return call()
    except RunError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 130


def run(options: Options) -> int:
    """Reproduce, and return the exit status: 0, or 1 where a stage failed.

    Raises:
        RunError: it cannot begin, or the cluster is lost; nothing in the workspace has changed.
    """
    checks.check(options)
    plan = planning.read(options.targets, all_pipelines=options.all_pipelines)
    done = _fill_cache(plan, options) if plan.to_run() else None
    with lock_backup.kept(plan.project, {node.file for node in plan.nodes.values()}):
        if done:
            locks, removed, refused = done
            restore(plan, locks, removed)
            if refused:
                return _without(refused, plan, options)
            print("`dvc repro` checks, and runs what remains:", file=sys.stderr, flush=True)
        return dvc_repro(options)


def _without(refused: set[str], plan: planning.Plan, options: Options) -> int:
    """Reproduce what depends on no stage that refused its inputs; return the exit status, 1."""
    lost = set(refused)
    for name, node in plan.nodes.items():  # each comes after those that it depends on
        if lost.intersection(node.upstream):
            lost.add(name)
    kept = [name for name in plan.nodes if name not in lost]
    if kept:
        print("`dvc repro` checks the other stages:", file=sys.stderr, flush=True)
        dvc_repro(replace(options, targets=tuple(kept), all_pipelines=False))
    after = len(lost) - len(refused)
    names = ", ".join(name for name in plan.nodes if name in refused)
    print(
        f"{names}: refused (the error stands above, after `{names.split(', ')[0]}: failed`)"
        + (f"; {after} stage{'s' * (after != 1)} after it not run" if after else ""),
        file=sys.stderr, flush=True,
    )  # fmt: skip
    return 1


def _fill_cache(
    plan: planning.Plan, options: Options
) -> tuple[dict[str, Json], list[Path], set[str]]:
    """Have workers run what is to run.

    Returns the entries of what is done, what stages deleted, and which refused their inputs.
    """
    with own_folder(plan.project) as folder:
        store = snapshot.open_store(plan.project, folder)
        commit = store.commit()
        version = PipelineVersion("", commit, plan, store.blobs(commit, plan.project))
        done = run_stages([version], store, folder, options, plan.project)
    removed = [store.top / name for name in version.removed]
    return done.get("", {}), removed, version.refused


def dvc_repro(options: Options) -> int:
    """Run a plain `dvc repro`, which restores what the run cache has and runs the rest."""
    command = [sys.executable, "-m", "dvc", "repro", "--keep-going"]
    command += ["--all-pipelines"] if options.all_pipelines else []
    sys.stdout.flush()
    with subprocess.Popen([*command, *options.targets]) as process:
        # Ctrl-C reaches DVC too, which ends its stage first.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            status = process.wait()
        except KeyboardInterrupt:  # SIGTERM or SIGHUP, which only this process received
            children: list[psutil.Process] = []
            with contextlib.suppress(psutil.Error):  # it may have died of the same signal
                children = psutil.Process(process.pid).children(recursive=True)
            for one in [*children, process]:
                with contextlib.suppress(psutil.Error, ProcessLookupError):
                    one.terminate()
            process.wait()
            raise
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    return 1 if status else 0


@contextlib.contextmanager
def own_folder(project: Path) -> Iterator[Path]:
    """A folder for this run, on the workspace's disk; deletes what an earlier run left there.

    Raises:
        RunError: another run is under way in this workspace.
    """
    base = project / ".dvc/tmp/dvc-parallel"
    base.mkdir(parents=True, exist_ok=True)
    with (base / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunError(f"{project}: another run is under way here") from None
        for leftover in base.glob("run-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=base))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
