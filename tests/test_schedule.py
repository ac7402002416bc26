"""Which stage comes next, and what a person sees of it."""

import io
import random

import pytest
from rich.console import Console

from secateur.parallel.schedule import Schedule
from secateur.parallel.view import View, clock


def order(upstream: dict[str, list[str]], seconds: dict[str, float]) -> list[str]:
    """With one worker."""
    schedule = Schedule(upstream, seconds)
    found = []
    while (node := schedule.next()) is not None:
        found.append(node)
        schedule.done(node)
    return found


CHAIN = {"short": [], "a": [], "b": ["a"], "c": ["b"], "end": ["short", "c"]}


def test_the_longest_path_comes_first() -> None:
    assert order(CHAIN, {}) == ["a", "b", "short", "c", "end"]
    assert order(CHAIN, {"short": 9, "a": 1, "b": 1}) == ["short", "a", "b", "c", "end"]
    assert order(CHAIN, {"a": 1, "b": 1, "c": 1, "short": 2.5})[:3] == ["a", "short", "b"]


def test_a_failure_stops_what_follows_and_nothing_else() -> None:
    schedule = Schedule(CHAIN, {})
    assert schedule.next() == "a"
    assert schedule.failed("a") == ["b", "c", "end"]
    assert schedule.next() == "short"
    schedule.done("short")
    assert schedule.next() is None


@pytest.mark.parametrize("seed", range(20))
def test_every_node_comes_once_and_after_those_before(seed: int) -> None:
    chance = random.Random(seed)
    upstream = {n: chance.sample(range(n), chance.randint(0, min(n, 3))) for n in range(60)}
    schedule = Schedule(upstream, {n: chance.random() for n in range(0, 60, 2)})
    running: list[int] = []
    done: list[int] = []
    while True:
        while len(running) < 4 and (node := schedule.next()) is not None:
            assert set(upstream[node]) <= set(done)
            running.append(node)
        if not running:
            break
        node = running.pop(chance.randrange(len(running)))
        schedule.done(node)
        done.append(node)
    assert sorted(done) == list(range(60))


def seen(terminal: bool) -> tuple[str, io.StringIO]:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=60, soft_wrap=True)
    with View(4, console=console) as view:
        view.started("one[x]", "0")
        view.started("two", "1")
        table = io.StringIO()
        Console(file=table, width=60).print(view)
        view.started("two", "0")
        view.done("one[x]", "done")
        view.failed("two", "it failed", "what [bold] it printed\n", ["three"])
        view.left("four", "why", [])
        assert view.finished == 4
        expected = "stages: 1 done, 1 failed, 1 not run, 1 left to `dvc repro`, in "
        assert view.summary().startswith(expected)
    return table.getvalue(), out


def test_lines_and_a_table() -> None:
    table, out = seen(terminal=False)
    lines = out.getvalue().splitlines()
    assert lines[0] == "one[x]: started on worker 0"
    assert lines[2] == "two: started again on worker 0"
    assert lines[3].startswith("one[x]: done on worker 0, 0.0 s")
    assert lines[5] == "    what [bold] it printed"
    assert lines[7] == "    not run, as they follow from it: three"
    assert "\x1b" not in out.getvalue()
    assert "0 of 4 stages done, 2 running, 2 waiting" in table
    assert "one[x]  worker 0  0.0 s" in table
    drawn = seen(terminal=True)[1].getvalue()
    assert "one[x]: started" not in drawn  # it stands in the table
    assert "two: started again" in drawn


def test_times() -> None:
    assert [clock(s) for s in (0.04, 59.94, 61, 3725)] == ["0.0 s", "59.9 s", "1:01", "1:02:05"]
