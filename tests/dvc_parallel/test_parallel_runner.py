"""Transfers that fail for a while."""

import pytest

from dvc_parallel import runner


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
