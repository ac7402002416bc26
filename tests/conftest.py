"""Fixtures of several tests. Importing `secateur.keras_io.backend` pins TensorFlow for them all."""

import contextlib
import copy
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import secateur.keras_io.backend  # noqa: F401  before anything imports TensorFlow
from project import TINY, Repository, write_params
from secateur.arrays.rows import Rows
from secateur.core import processors
from secateur.data.friedman1 import GenerateData, friedman1
from tflite_files import write_dense


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests at the start of each half, which two processes begin with.

    At the end, where a process may have to wait for the other, are short ones.
    """
    tests = Path(__file__).parent
    # Of the long ones, those of over a minute come first.
    longest = ["test_search", "test_tiny_networks", "test_pull_request", "test_processor",
               "test_examples", "test_targets"]  # fmt: skip
    pipeline = [
        tests / "stages", tests / "docs/test_commands.py", tests / "command/test_processor.py",
    ]  # fmt: skip
    runners = [tests / "dvc_parallel", tests / "dvc_verify"]
    begin, middle, short = [], [], []
    for item in items:
        long = begin if any(map(item.path.is_relative_to, pipeline)) else middle
        any_long = any(map(item.path.is_relative_to, [*pipeline, *runners]))
        (long if any_long else short).append(item)
    begin.sort(key=lambda item: item.path.stem not in longest)
    half = max(0, len(items) // 2 - len(begin))
    items[:] = [*begin, *short[:half], *middle, *short[half:]]


@pytest.fixture
def params() -> dict[str, Any]:
    """Parameters of a pipeline that runs in seconds; a copy to change."""
    return copy.deepcopy(TINY)


@pytest.fixture
def workdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, params: dict[str, Any]) -> Path:
    """An empty folder to run stages' `main` in, with a `params.yaml`."""
    monkeypatch.chdir(tmp_path)
    write_params(tmp_path, params)
    return tmp_path


@pytest.fixture(scope="session")
def friedman_rows() -> Rows:
    x, y = friedman1(GenerateData(n_samples=90, n_features=6, random_state=1))
    return Rows(x.astype(np.float32), y.astype(np.float32))


@contextlib.contextmanager
def shared_folder(factory: pytest.TempPathFactory, name: str) -> Iterator[tuple[Path, bool]]:
    """A folder that all of pytest's processes share, and whether this one is to fill it.

    The others wait until the block has ended.
    """
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / "done"
        yield folder, not done.exists()
        done.touch()


@pytest.fixture
def make_repository(tmp_path: Path) -> Callable[[str, dict[str, Any]], Repository]:
    def make(name: str, params: dict[str, Any]) -> Repository:
        folder = tmp_path / name
        folder.mkdir()
        return Repository.new(folder, params)

    return make


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The repository, reproduced and committed, once for all of pytest's processes.

    Stages run side by side; a test reproduces it with `dvc repro` and compares every hash. Tests
    do not change it: they take copies.
    """
    with shared_folder(tmp_path_factory, "pristine") as (base, first):
        mixed = {**TINY["mix_precision"], "recipes": ["whole_model"]}
        made = Repository(base / "project", {**TINY, "mix_precision": mixed})
        log = base / "output.txt"
        if first:
            made.folder.mkdir()
            made.fill()
            output = made.run("python", "-m", "secateur", "repro", "--jobs", "2", "--verbose")
            log.write_text(output, encoding="utf-8")
            made.commit("results")
        made.output = log.read_text(encoding="utf-8")
        return made


@pytest.fixture
def repository(pristine: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A copy of the reproduced repository, to change; its folder is the current one."""
    copied = pristine.copy(tmp_path / "copy")
    monkeypatch.chdir(copied.folder)
    return copied


@pytest.fixture
def one_processor() -> Iterator[list[int]]:
    """This process has one of its processors while a test runs; the numbers of all of them."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("chooses processors")
    before = processors.usable()
    os.sched_setaffinity(0, before[:1])
    yield before
    os.sched_setaffinity(0, before)


@pytest.fixture(scope="session")
def dense_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `dense_4_float32.tflite`, `dense_2048_int8.tflite` and the two others."""
    folder = tmp_path_factory.mktemp("dense")
    write_dense(folder, 4, 2048)
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder; it has a folder for the user's own model."""
    monkeypatch.chdir(tmp_path)
    Path("network").mkdir()
    return tmp_path
