"""Transfers that fail for a while or for good, and why there is no clone."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dvc_parallel import runner, worker
from dvc_parallel.dispatch import Dispatcher
from dvc_parallel.errors import RunError


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
        (PermissionError("wrong\nkey"), "remote far: wrong key"),
        (type("NoCredentialsError", (Exception,), {})("no keys"), "remote far: no keys"),
        (TimeoutError("later"), ""),  # transfers wait for it
        (None, ""),
    ],
)
def test_what_no_waiting_mends_is_a_refusal(
    error: Exception | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reach(repo: object, remote: str) -> None:
        if error:
            raise error

    monkeypatch.setattr(runner.internals, "reach_remote", reach)
    assert runner._refusal(None, "far") == said


def test_a_worker_asks_the_remote_until_a_stage_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    results: list[Any] = [{"refused": "no"}, {"lock": {}}, {"lock": {}}]
    asked = []

    def run(job: dict[str, Any]) -> Any:
        asked.append(job["unproven"])
        return results.pop(0)

    clone = SimpleNamespace(run=run, top=Path("top"), discard=lambda: None)
    remote = {"name": "far", "url": "s3://far", "waits": []}
    setup = worker.WorkerSetup("run", 1, b"", "", {}, None, "", [], "", "", remote, None, {})
    setup.setup(SimpleNamespace(log_event=lambda *event: None, name="0", local_directory="."))
    monkeypatch.setattr(setup, "_take", lambda job: clone)
    job = {**dict.fromkeys(worker.JOB), "node": "first", "removed": [], "files": {}, "asked": []}
    for _ in range(3):
        setup.run(job)
    assert asked == [True, True, False]


def test_a_refused_worker_ends_the_run() -> None:
    future = SimpleNamespace(status="finished", result=lambda: {"refused": "remote far: no keys"})
    dispatcher: Any = SimpleNamespace(
        label=lambda key: "first", progress=SimpleNamespace(running={"first": ("w1", 0.0)})
    )
    with pytest.raises(RunError, match="worker w1 cannot use remote far: no keys"):
        Dispatcher._result(dispatcher, future, ("", "first"))


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

    setup = worker.WorkerSetup("run", 1, b"", "", {}, None, "", [], "", "", None, None, {})
    setup.worker = SimpleNamespace(log_event=lambda *event: None, name="0")
    monkeypatch.setattr(setup, "_take", take)
    assert setup.run({"node": "first"}) == {"lost": f"no clone: {said}"}
