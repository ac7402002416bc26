"""Full disks in the real pipeline: `python tests/pipeline_full_disk.py 30` (an hour; as root).

A small configuration runs on a small disk of its own, which fills at a random moment, or has too
little room from the start. Then there is room again, and the next run must end with what a run
makes that nobody disturbed: no corrupt file may be taken for good.
"""

import argparse
import contextlib
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pipeline_faults import COMMANDS, TORN, Run, assert_equal, empty, kind, prepare, undisturbed
from project import Repository

SIZE = 96_000_000  # bytes of the disk
NEEDED = 16_000_000  # bytes that a run takes on it


@contextlib.contextmanager
def disk(folder: Path) -> Iterator[Path]:
    """A file system of SIZE in the folder; raises CalledProcessError without the right to mount."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={SIZE}"]
    subprocess.run(["mount", *options, "tmpfs", str(folder)], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path: Path, left: int) -> None:
    """Have a file grow until so many bytes are left on its disk."""
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            free = os.statvfs(path.parent).f_bavail * os.statvfs(path.parent).f_frsize - left
            if free <= 0 and left:
                return
            file.write(bytes(max(1, min(free, 1_000_000))))


def disturb(
    project: Repository,
    expected: list[dict[str, bytes]],
    rounds: int,
    chance: random.Random,
    logs: Path,
) -> Counter[str]:
    """Fill the disk in so many runs, and compare after each; what came of it."""
    ended: Counter[str] = Counter()
    filler, temporary = project.folder.parent / "filler", project.folder.parent / "tmp"
    temporary.mkdir()
    empty(project)
    for number in range(rounds):
        version = prepare(project, number)
        # Where temporary files lie on the same disk, and where they do not.
        env = {"TMPDIR": str(temporary)} if chance.random() < 0.5 else {}
        from_start = chance.random() < 0.4
        if from_start:
            fill(filler, chance.randrange(0, NEEDED))
        command = COMMANDS[number % len(COMMANDS)]
        run = Run(project, command, logs / f"{number:03}.txt", **env)
        if not from_start:
            run.wait(chance.uniform(0, 60))
            fill(filler, 0)
        if not run.wait(900):
            raise AssertionError(f"hangs: {[kind(one) for one in run.family()]}")
        status, output = run.process.wait(), run.output()
        what = f"{' '.join(command)}: exit status {status}"
        what += ", a full disk named" if "full" in output or "No space left" in output else ""
        # DVC's and Dask's own are not ours to mend.
        ours = re.search(r"Traceback.*\n\s+File \"[^\"]*/stages/", output)
        assert not ours, output
        what += ", with another's traceback" if "Traceback" in output else ""
        ended[what] += 1
        print(f"round {number}: {what}", flush=True)
        filler.unlink()
        output = _run_to_the_end(project, number, logs)
        assert_equal(project, expected[version], output)
        print(f"round {number}: equal", flush=True)
    return ended


def _run_to_the_end(project: Repository, number: int, logs: Path) -> str:
    """Run until a run ends well; `secateur repro` must do so at once."""
    turn = number // 2
    while True:
        command = COMMANDS[turn % len(COMMANDS)]
        run = Run(project, command, logs / f"{number:03}-{turn}.txt")
        assert run.wait(900), [kind(one) for one in run.family()]
        if run.process.wait() == 0:
            break
        assert command[0] == "dvc", run.output()
        assert any(text in run.output() for text in TORN), run.output()
        print(f"round {number}: DVC refuses: {run.output().splitlines()[-1]}", flush=True)
        turn += 1
    assert "Traceback" not in run.output(), run.output()
    return run.output()


def main() -> None:
    """Fill the disk as often as the command line says, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rounds", type=int, nargs="?", default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--logs", type=Path, help="a folder that keeps what the runs printed")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        logs = given.logs or folder / "logs"
        logs.mkdir(exist_ok=True)
        made, expected = undisturbed(folder)
        began = time.monotonic()
        try:
            with disk(folder / "disk") as small:
                project = made.copy(small / "project")
                project.env["PYTHONPATH"] = str(project.folder / "src")
                ended = disturb(project, expected, given.rounds, random.Random(given.seed), logs)
        except subprocess.CalledProcessError as error:
            sys.exit(f"left out: no disk can be mounted here: {error.stderr.decode().strip()}")
    print(f"{given.rounds} full disks in {time.monotonic() - began:.0f} s; all results were right")
    for what, count in ended.most_common():
        print(f"{count:5}  {what}")


if __name__ == "__main__":
    main()
