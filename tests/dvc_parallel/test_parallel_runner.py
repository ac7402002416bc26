"""Transfers that fail for a while, and why there is no clone."""

import subprocess
from types import SimpleNamespace

import pytest

from dvc_parallel import runner, worker


def test_waits_grow_until_a_transfer_succeeds(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(runner.time, "sleep", waited.append)
    failures = [OSError("a"), OSError("b")]

    def attempt() -> str:
        if failures:
            raise failures.pop()
        return "done"

    assert runner.retrying(attempt, "what", (1, 2, 4)) == "done"
    assert waited == [1, 2]
    with pytest.raises(OSError, match="always"):
        runner.retrying(lambda: (_ for _ in ()).throw(OSError("always")), "what", (1,))


def test_a_remote_may_be_away_for_minutes() -> None:
    assert list(runner.WAITS) == sorted(runner.WAITS)
    assert sum(runner.WAITS) > 200  # seconds


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            subprocess.CalledProcessError(
                128, "git", stderr=b"error: a: No space left on device\nerror: b\nfatal: c\n"
            ),
            "error: a: No space left on device",
        ),
        (subprocess.CalledProcessError(128, "git", stderr=b"error: a\nfatal: b\n"), "fatal: b"),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
    ],
)
def test_why_there_is_no_clone_is_one_line(
    error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(*args: object) -> None:
        raise error

    setup = worker.WorkerSetup("run", 1, b"", "", {}, None, "", [], "", None, None, {})
    setup.worker = SimpleNamespace(log_event=lambda *event: None, name="0")
    monkeypatch.setattr(setup, "_take", take)
    assert setup.run({"node": "first"}) == {"lost": f"no clone: {said}"}
