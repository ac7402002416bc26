"""Time each part of a run in the current project after a run; `scaling.py` calls this."""

import logging
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import dvc_internals
from dvc_parallel import plan, snapshot


def timed(action: Callable[[], object]) -> object:
    """Print the seconds that `action` takes."""
    start = time.perf_counter()
    result = action()
    print(f"{time.perf_counter() - start:.3g}")
    return result


def main() -> None:
    """Print one line per part, in the order of the table's columns."""
    with dvc_internals.open_repo() as repo:
        timed(lambda: dvc_internals.repro_order(repo, [], all_pipelines=True))
    timed(plan.read)
    folder = Path(tempfile.mkdtemp(dir=".dvc/tmp")).resolve()
    store = snapshot.open_store(Path.cwd(), folder)
    bundle = timed(lambda: store.bundle([store.commit()]))
    assert isinstance(bundle, bytes)
    (folder / "bundle").write_bytes(bundle)
    clone = ["git", "clone", "-q", str(folder / "bundle"), str(folder / "clone"), "-b", "0"]
    timed(lambda: subprocess.run(clone, check=True, capture_output=True))
    with (
        dvc_internals.open_repo() as repo,
        dvc_internals.lock(repo),
        dvc_internals.log_level(logging.WARNING),
    ):
        stage = dvc_internals.repro_order(repo, [], all_pipelines=True)[0][0]
        timed(lambda: dvc_internals.write_lock_entries([stage]))
    # A local folder as remote, which DVC also walks: the fastest possible listing.
    timed(lambda: list(os.walk(".dvc/cache")))
    shutil.rmtree(folder)


main()
