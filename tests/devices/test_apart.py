"""Work in child processes: results, errors, crashes and endless work."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from secateur.core import processors
from secateur.core.errors import InputError
from secateur.devices import apart
from secateur.devices.apart import Failed


def work(item: str) -> str:
    if item == "raise":
        os.write(2, b"said from C\n")
        raise ValueError("not this one")
    if item == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if item == "exit":
        os._exit(3)
    if item == "forever":
        time.sleep(600)
    os.write(1, b"noise\n")
    return item.upper()


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def test_a_crash_ends_one_item_and_no_other(capfd: pytest.CaptureFixture[str]) -> None:
    items = ["a", "crash", "b", "raise", "exit", "c", "d"]
    found = dict(apart.each(work, items))
    assert found == {
        0: "A", 1: Failed("ended its process (SIGSEGV)"), 2: "B",
        3: Failed("ValueError: not this one", "said from C\n"),
        4: Failed("ended its process (status 3)"), 5: "C", 6: "D",
    }  # fmt: skip
    assert capfd.readouterr() == ("", "")


def test_work_that_takes_too_long_is_ended() -> None:
    found = dict(apart.each(work, ["forever", "a", "b"], seconds=4))
    assert found == {0: Failed("it took more than 4 s"), 1: "A", 2: "B"}


def test_no_child_is_left_when_the_caller_stops() -> None:
    before = children()
    each = apart.each(work, ["a", "forever", "forever", "forever"], seconds=60)
    next(each)
    each.close()
    assert children() <= before


@pytest.mark.usefixtures("one_processor")
def test_one_processor_gives_the_same() -> None:
    assert dict(apart.each(work, ["a", "b", "c"])) == {0: "A", 1: "B", 2: "C"}


def processors_of(item: str) -> list[int]:
    return processors.usable()


def test_a_stage_with_one_processor_uses_those_that_stages_share(
    one_processor: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(processors.SHARED, ",".join(map(str, one_processor)))
    used = {0: one_processor, 1: one_processor}
    assert dict(apart.each(processors_of, ["a", "b"])) == used


def test_an_attempt_that_crashes_leaves_the_next_one_alone() -> None:
    assert apart.attempt(work, "a") == "A"
    assert apart.attempt(work, "crash") == Failed("ended its process (SIGSEGV)")
    assert apart.attempt(work, "b") == "B"
    assert isinstance(apart.attempt(work, "raise"), Failed)
    assert apart.attempt(work, "c") == "C"


def once_deaf(path: Path) -> str:
    if not path.exists():
        path.touch()
        time.sleep(600)
    return "done"


def test_an_attempt_that_nobody_answers_is_made_again_and_ends(tmp_path: Path) -> None:
    """As a fork that leaves a lock behind."""
    assert apart.attempt(once_deaf, tmp_path / "asked", seconds=3) == "done"
    with pytest.raises(apart.KilledError, match=r"two processes did not answer within 0\.2 s"):
        apart.attempt(work, "forever", seconds=0.2)
    assert apart.attempt(work, "a") == "A"


def once_killed(item: tuple[Path, bool]) -> str:
    """Be killed at the first call, or have the child of an attempt killed."""
    path, in_attempt = item
    if in_attempt:
        return str(apart.attempt(once_killed, (path, False)))
    if path.exists():
        return "done"
    path.touch()
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


@pytest.mark.parametrize("in_attempt", [False, True])
def test_what_is_killed_is_done_again(tmp_path: Path, in_attempt: bool) -> None:
    """Memory that ran out is no result of the work."""
    items = [(tmp_path / name, in_attempt) for name in "abc"]
    assert dict(apart.each(once_killed, items)) == dict.fromkeys(range(3), "done")


def always_killed(item: str) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return item


def test_what_is_killed_twice_ends_the_work() -> None:
    with pytest.raises(InputError, match="killed twice"):
        dict(apart.each(always_killed, ["a"]))


def test_a_process_that_attempted_ends_and_its_child_with_it() -> None:
    code = (
        "import os; from secateur.devices import apart\n"
        "print(apart.attempt(len, 'abc'), flush=True)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    assert done.stdout == "3\n"
