"""Which stage comes next."""

import random

import pytest

from dvc_parallel.schedule import Schedule, simulated_seconds


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


def test_how_long_a_run_takes_with_so_many_at_once() -> None:
    seconds = {"short": 4.0, "a": 1.0, "b": 2.0, "c": 3.0}  # and `end`, of unknown time
    assert simulated_seconds(CHAIN, seconds, 1) == 10
    assert simulated_seconds(CHAIN, seconds, 2) == 6
    assert simulated_seconds({}, {}, 2) == 0
