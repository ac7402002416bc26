"""Seconds of each part of a run in the current project, after one; `scaling.py` runs it."""

import logging
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from dvc.fs import LocalFileSystem
from dvc.logger import set_loggers_level
from dvc.repo import Repo, lock_repo

from secateur.parallel import pipeline, snapshot


def timed(action: Callable[[], object]) -> object:
    """Print how long it takes."""
    start = time.perf_counter()
    result = action()
    print(f"{time.perf_counter() - start:.3g}")
    return result


def main() -> None:
    """One line a part, in the order of the table's columns."""
    with Repo() as repo:
        timed(lambda: repo.index.graph)
    timed(pipeline.read)
    folder = Path(tempfile.mkdtemp(dir=".dvc/tmp")).resolve()
    store = snapshot.open_store(Path.cwd(), folder)
    bundle = timed(lambda: store.bundle([store.commit()]))
    assert isinstance(bundle, bytes)
    (folder / "bundle").write_bytes(bundle)
    clone = ["git", "clone", "-q", str(folder / "bundle"), str(folder / "clone"), "-b", "0"]
    timed(lambda: subprocess.run(clone, check=True, capture_output=True))
    with Repo() as repo, lock_repo(repo), set_loggers_level(logging.WARNING):
        stage = repo.index.stages[0]
        timed(lambda: stage.dvcfile._lockfile.dump_stages([stage]))
    # A local folder as remote: the least that a listing can take.
    timed(lambda: list(LocalFileSystem().find(".dvc/cache")))
    shutil.rmtree(folder)


main()
