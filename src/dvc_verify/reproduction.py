"""The run of a whole pipeline from nothing, under given conditions."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from dvc_verify.conditions import Conditions
from dvc_verify.errors import CheckError


def run(project: Path, outputs: Iterable[str], conditions: Conditions, temporary: Path) -> None:
    """Delete the outputs and the lock, and run `dvc repro` with no cached runs.

    Raises:
        CheckError: `dvc repro` fails.
    """
    for path in outputs:
        _remove(project / path)
    (project / "dvc.lock").unlink()
    with subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "--force", "--no-run-cache"],
        cwd=project,
        env=conditions.environment(temporary),
        preexec_fn=conditions.before_exec(),
        start_new_session=True,
    ) as process:
        try:
            status = process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)  # DVC and the stage that it runs
            raise
    if status:
        raise CheckError(f"`dvc repro` failed with status {status}; its output is above.")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
