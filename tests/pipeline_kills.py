"""`kill -9` in the real pipeline: `python tests/pipeline_kills.py 200` (an hour or more).

Runs of a small configuration are killed at random moments: a stage above all, or DVC, a worker, a
runner, the command itself. When one has ended by itself, every file must be what a run makes that
nobody disturbed.
"""

import argparse
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

import psutil

from pipeline_faults import COMMANDS, TORN, Run, assert_equal, kind, prepare, undisturbed
from project import Repository


def disturb(
    project: Repository,
    expected: list[dict[str, bytes]],
    kills: int,
    chance: random.Random,
    folder: Path,
    *,
    most: int = 14,
) -> tuple[Counter[str], int]:
    """Kill so many times, and compare whenever a run has ended by itself.

    Returns what was killed, and how many comparisons there were; all of them were equal. At most
    `most` kills come before a run is left alone.
    """
    killed: Counter[str] = Counter()
    number = turn = 0
    while killed.total() < kills:
        version = prepare(project, number)
        left = min(chance.randint(2, most), kills - killed.total())
        while True:
            command = COMMANDS[turn % len(COMMANDS)]
            run = Run(project, command, folder / f"{turn:03}.txt")
            turn += 1
            if left:
                what = _kill_once(run, chance)
                if what:
                    killed[what] += 1
                    left -= 1
                    print(f"round {number}: {' '.join(command)}: {what}", flush=True)
                    continue
            if not run.wait(900):
                raise AssertionError(f"hangs: {[kind(one) for one in run.family()]}")
            run.process.wait()
            if run.process.returncode and any(text in run.output() for text in TORN):
                torn = run.output().strip().splitlines()[-1]
                print(f"round {number}: {' '.join(command)} refuses: {torn}", flush=True)
                assert command[0] == "dvc", run.output()
                continue  # the next command is ours, and must mend it
            break
        assert run.process.returncode == 0, run.output()
        assert "Traceback" not in run.output(), run.output()
        assert_equal(project, expected[version], run.output())
        number += 1
        print(f"round {number}: equal; {killed.total()} kills", flush=True)
    return killed, number


def _kill_once(run: Run, chance: random.Random) -> str:
    """Kill one process at a random moment and wait for the rest; empty if the run ends before."""
    wait_for_stage = chance.random() < 0.7
    # Stages that have ended stay ended: a few stages later each time, and every stage is met.
    if wait_for_stage and not _await_stages(run, chance.randint(1, 5)):
        return ""
    if run.wait(chance.uniform(0, 4) if wait_for_stage else chance.uniform(0.5, 8)):
        return ""
    alive, stages = list(run.family()), run.stages()
    if not alive:
        return ""
    victim = chance.choice(stages if stages and chance.random() < 0.7 else alive)
    what = kind(victim)
    try:
        victim.kill()
    except psutil.NoSuchProcess:
        return ""
    if victim.pid == run.process.pid:
        what += ", the command itself"
    # What goes on without it is killed as well, at another moment.
    if not run.wait(chance.uniform(0, 10)):
        for one in run.family():
            one.kill()
        run.wait(10)
    run.process.wait(10)
    return what


def _await_stages(run: Run, number: int) -> bool:
    """Wait until so many stages have begun; whether they did before the run's end."""
    begun: set[int] = set()
    while any(True for _ in run.family()):
        begun |= {one.pid for one in run.stages()}
        if len(begun) >= number:
            return True
        time.sleep(0.1)
    return False


def main() -> None:
    """Kill as often as the command line says, and print what was hit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "logs").mkdir()
        project, expected = undisturbed(folder)
        began = time.monotonic()
        chance = random.Random(given.seed)
        killed, rounds = disturb(project, expected, given.kills, chance, folder / "logs")
    print(
        f"{killed.total()} kills in {time.monotonic() - began:.0f} s; {rounds} results, all right"
    )
    for what, count in killed.most_common():
        print(f"{count:5}  {what}")


if __name__ == "__main__":
    main()
