"""The cores of a machine are shared by the processes that train."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from secateur.core import processors
from secateur.core.errors import InputError
from secateur.train import cores


@pytest.fixture(autouse=True)
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.delenv(cores.WORKERS, raising=False)
    monkeypatch.setenv(processors.SHARED, ",".join(map(str, sorted(os.sched_getaffinity(0)))))


def test_as_many_processes_as_cores_or_as_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cores.workers() == len(os.sched_getaffinity(0))
    monkeypatch.setenv(processors.SHARED, "0,3,5")
    assert processors.shared() == [0, 3, 5]
    assert cores.workers() == 3
    monkeypatch.setenv(cores.WORKERS, "7")
    assert cores.workers() == 7
    for wrong in ("0", "-1", "two", "1.5"):
        monkeypatch.setenv(cores.WORKERS, wrong)
        with pytest.raises(InputError, match=f"SECATEUR_WORKERS={wrong}.*at least 1"):
            cores.workers()


HOLD = """
import sys, time
from secateur.train import cores
with cores.one():
    print(time.monotonic(), flush=True)
    time.sleep(float(sys.argv[1]))
    print(time.monotonic(), flush=True)
"""


def test_a_process_waits_until_a_core_is_free() -> None:
    count = len(os.sched_getaffinity(0))
    processes = [
        subprocess.Popen([sys.executable, "-c", HOLD, "0.5"], stdout=subprocess.PIPE, text=True)
        for _ in range(2 * count)
    ]
    spans = [tuple(map(float, process.communicate()[0].split())) for process in processes]
    events = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans])
    at_once = [sum(change for _, change in events[: n + 1]) for n in range(len(events))]
    assert max(at_once) == count


def test_a_killed_process_holds_none() -> None:
    count = len(os.sched_getaffinity(0))
    held = [
        subprocess.Popen([sys.executable, "-c", HOLD, "60"], stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    for process in held:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        process.wait()
        process.stdout.close()
    begun = time.monotonic()
    with cores.one():
        assert time.monotonic() - begun < 10
