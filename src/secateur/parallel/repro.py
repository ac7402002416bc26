"""`secateur repro`: warm the run cache in clones, then let `dvc repro` have the last word."""

import argparse
import contextlib
import fcntl
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from secateur.parallel import pipeline, snapshot
from secateur.parallel.adopting import adopt
from secateur.parallel.errors import RunError
from secateur.parallel.session import warm
from secateur.parallel.variant import Variant


def run(options: argparse.Namespace) -> int:
    """Reproduce, and return the exit status, `dvc repro`'s in the end.

    Raises:
        RunError: it cannot begin, or the cluster is lost; nothing in the workspace has changed.
    """
    check_options(options)
    plan = pipeline.read(targets=options.targets, all_pipelines=options.all_pipelines)
    if plan.to_run():
        with own_folder(plan.project) as folder:
            store = snapshot.open_store(plan.project, folder)
            commit = store.commit()
            blobs = store.blobs(commit, plan.project)
            variant = Variant("", commit, plan, blobs)
            done = warm([variant], store, folder, options, plan.project)
            adopt(plan, done.get("", {}))
        print("`dvc repro` compares and does what is left:", file=sys.stderr, flush=True)
    return last_word(options)


def last_word(options: argparse.Namespace) -> int:
    """A plain `dvc repro`: takes from the run cache what is right, and runs the rest itself."""
    command = [sys.executable, "-m", "dvc", "repro", "--keep-going"]
    command += ["--all-pipelines"] if options.all_pipelines else []
    sys.stdout.flush()
    with subprocess.Popen([*command, *options.targets]) as process:
        # Ctrl-C reaches DVC too, which ends its stage first.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            status = process.wait()
        except KeyboardInterrupt:  # SIGTERM or SIGHUP, which nobody else has got
            for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                with contextlib.suppress(psutil.Error, ProcessLookupError):
                    one.terminate()
            process.wait()
            raise
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)
    return 1 if status else 0


def check_options(options: argparse.Namespace) -> None:
    """Raise RunError for options that do not go together."""
    given = {"--remote": options.remote, "--tls-ca-file": options.tls_ca_file,
             "--tls-cert": options.tls_cert, "--tls-key": options.tls_key}  # fmt: skip
    for name, value in given.items():
        if value and not options.scheduler:
            raise RunError(f"{name} goes with --scheduler")


@contextlib.contextmanager
def own_folder(project: Path) -> Iterator[Path]:
    """A folder for this run alone, on the workspace's disk; whatever an earlier one left goes.

    Raises:
        RunError: another run is under way in this workspace.
    """
    base = project / ".dvc/tmp/secateur"
    base.mkdir(parents=True, exist_ok=True)
    with (base / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunError(f"{project}: another `secateur` is running here") from None
        for left in base.glob("run-*"):
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=base))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
