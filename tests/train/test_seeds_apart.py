"""Each seed trains once: in one process or in many, disturbed or not, with the same bytes."""

import contextlib
import hashlib
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from secateur.core.errors import InputError
from secateur.core.seeds import seed_file
from secateur.recipes.distillation import Distill
from secateur.train import checkpoint, cores, kept, seeds_apart, side_by_side
from secateur.train.checkpoint import Checkpoint
from secateur.train.trainings import Trainings
from seed_trainings import SEEDS, content, enter_project, trainings, write_starts


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    enter_project(tmp_path, monkeypatch)
    write_starts(tmp_path)
    return tmp_path


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even short trainings get processes."""
    monkeypatch.setattr(seeds_apart, "WORTH", -1)
    monkeypatch.setenv(cores.WORKERS, "2")


def trained(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The seeds that will be trained in this process."""
    seen: list[int] = []
    real = Trainings.run
    monkeypatch.setattr(
        Trainings, "run", lambda self, seeds, *more: seen.extend(seeds) or real(self, seeds, *more)
    )
    return seen


def test_a_seed_s_teacher_reaches_its_process_and_is_in_its_key(
    project: Path, apart: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each seed learns from another's start."""
    files = {seed: seed_file(Path(), other) for seed, other in zip(SEEDS, SEEDS[::-1], strict=True)}
    alone = content()
    taught = trainings()._replace(distill=Distill(**{"from": "baseline"}), teachers=files)
    found = content(taught)
    assert all(found[seed] != alone[seed] for seed in SEEDS)
    seen = trained(monkeypatch)
    assert content(taught) == found
    assert seen == []
    monkeypatch.setenv(cores.WORKERS, "1")
    again = {**files, SEEDS[0]: seed_file(Path(), SEEDS[1])}
    changed = content(taught._replace(teachers=again))
    assert seen == [SEEDS[0]]  # only its teacher is another
    assert changed[SEEDS[0]] != found[SEEDS[0]]


def test_processes_give_the_bytes_of_one_and_a_kept_seed_those_of_both(
    project: Path, apart: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    side_by_side_ = content()
    assert list(side_by_side_) == list(SEEDS)
    seen = trained(monkeypatch)
    assert content() == side_by_side_
    assert seen == []
    assert "finished before" in capfd.readouterr().out
    for file in (project / kept.FOLDER).iterdir():
        file.unlink()
    monkeypatch.setenv(cores.WORKERS, "1")
    assert content() == side_by_side_
    assert seen == list(SEEDS)
    assert len({model for model, _ in side_by_side_.values()}) == len(SEEDS)


def test_a_further_seed_trains_alone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = trained(monkeypatch)
    first = content(trainings([0, 5]))
    assert content() == {**first, 1: content(trainings([1]))[1]}
    assert seen == [0, 5, 1]
    content(trainings([0], epochs=1))  # other parameters
    assert seen == [0, 5, 1, 0]


def test_nothing_is_kept_outside_of_a_project(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".dvc/tmp").rmdir()
    seen = trained(monkeypatch)
    assert content(trainings([0])) == content(trainings([0]))
    assert seen == [0, 0]
    assert not (project / ".dvc/tmp").exists()


def test_an_error_in_a_process_is_the_stages(project: Path, apart: None) -> None:
    with pytest.raises(InputError, match=r"net: inputs \(5, 6, 1\)"):
        content(trainings(broken=True))


@pytest.mark.parametrize(
    ("number", "error", "said"),
    [(signal.SIGKILL, InputError, "was killed, likely by the kernel.*SECATEUR_WORKERS=1"),
     (signal.SIGSEGV, RuntimeError, "died of SIGSEGV")],
)  # fmt: skip
def test_a_killed_process_is_told_and_the_others_end(
    project: Path, apart: None, monkeypatch: pytest.MonkeyPatch, number: signal.Signals,
    error: type[Exception], said: str,
) -> None:  # fmt: skip
    started = list[Any]()
    real = side_by_side._Process

    def kill(*given: Any) -> Any:
        started.append(real(*given))
        if len(started) == 2:
            started[1].process.send_signal(number)
        return started[-1]

    monkeypatch.setattr(side_by_side, "_Process", kill)
    with pytest.raises(error, match=f"seed 1: its process {said}") as told:
        content()
    assert isinstance(told.value.__cause__, MemoryError) == (number == signal.SIGKILL)
    assert all(process.process.poll() is not None for process in started)


def test_each_process_logs_its_own_seed_and_a_seed_that_is_gone_has_no_log(
    project: Path, apart: None
) -> None:
    (project / "logs/seed_7").mkdir(parents=True)
    (project / "logs/seed_7/events.out.tfevents.1").touch()
    content(trainings()._replace(logs_folder=Path("logs")))
    for seed in SEEDS:
        events = EventAccumulator(str(project / f"logs/seed_{seed}")).Reload()
        assert [event.step for event in events.Scalars("val_loss")] == [1, 2]
    assert list((project / "logs/seed_7").iterdir()) == []


def test_an_interrupted_stage_says_what_it_keeps(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checkpoint, "EVERY", 0)
    real = Checkpoint.on_epoch_end

    def interrupt(self: Checkpoint, epoch: int, logs: Any) -> None:
        real(self, epoch, logs)
        if self.title == "net, seed 1":
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "on_epoch_end", interrupt)
    with pytest.raises(KeyboardInterrupt):
        content()
    last = capfd.readouterr().out.splitlines()[-1]
    assert last == (
        "net: interrupted; kept in .dvc/tmp/seeds: seed 0 and checkpoints of seed 1 of 3"
    )
    monkeypatch.setattr(Checkpoint, "on_epoch_end", real)
    content()
    said = capfd.readouterr().out
    assert "kept in .dvc/tmp/seeds: seed 0\n" in said
    assert "net, seed 1: goes on after epoch 1" in said


STAGE = """
import hashlib
import seed_trainings
from secateur.train import checkpoint, seeds_apart
seeds_apart.WORTH = -1
checkpoint.EVERY = 0  # in one process; those of seeds have their own
content = seed_trainings.content(seed_trainings.trainings(epochs=6))
print(hashlib.sha256(repr(content).encode()).hexdigest())
"""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_stage_that_is_killed_at_random_goes_on_and_gives_the_same_bytes(
    project: Path, workers: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    undisturbed = content(trainings(epochs=6))
    for file in (project / kept.FOLDER).iterdir():
        file.unlink()
    monkeypatch.setenv(cores.WORKERS, workers)
    draws = np.random.default_rng(int(workers))
    for _ in range(3):
        process = subprocess.Popen([sys.executable, "-c", STAGE])
        try:
            assert process.wait(draws.uniform(3, 12)) == 0
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        deadline = time.monotonic() + 10
        while _children(project) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not _children(project)
    capfd.readouterr()
    subprocess.run([sys.executable, "-c", STAGE], check=True)
    hashed = hashlib.sha256(repr(undisturbed).encode()).hexdigest()
    assert capfd.readouterr().out.splitlines()[-1] == hashed


def _children(project: Path) -> list[str]:
    """Processes of seeds, without those of another project, which may train beside the tests."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (place / "cwd").readlink() == project:
                found.append((place / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return [line for line in found if "secateur.train.one_seed" in line]


def test_a_process_whose_stage_died_before_it_began_ends(project: Path) -> None:
    """Where Linux cannot tell it any more."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    process = subprocess.run(
        [sys.executable, "-m", "secateur.train.one_seed", "1", str(gone.pid)], check=False,
        input=pickle.dumps((b"", 0, "key", project)), capture_output=True,
    )  # fmt: skip
    assert (process.returncode, process.stderr) == (1, b"")


def test_a_seed_that_is_trained_in_two_parts_has_the_bytes_of_one(
    project: Path, apart: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    jobs = list[side_by_side.Job]()
    real = side_by_side._Process

    def started(run: bytes, job: side_by_side.Job, *more: Any) -> Any:
        jobs.append(job)
        return real(run, job, *more)

    monkeypatch.setattr(side_by_side, "_Process", started)
    monkeypatch.setattr(seeds_apart, "PART_WORTH", -1)
    of_parts = content(trainings(epochs=4))
    assert [(job.unit, job.part) for job in jobs] == [(1, 0.5), (0, None), (5, None), (1, None)]
    assert "seed 1: goes on after epoch 2, of a checkpoint" in capfd.readouterr().out
    for file in (project / kept.FOLDER).iterdir():
        file.unlink()
    monkeypatch.setenv(cores.WORKERS, "1")
    assert content(trainings(epochs=4)) == of_parts


@pytest.mark.parametrize("at_once", range(1, 7))
@pytest.mark.parametrize("count", range(1, 15))
def test_trainings_of_one_length_keep_all_cores_busy_to_the_end(count: int, at_once: int) -> None:
    jobs = [side_by_side.Job(number, str(number), str(number)) for number in range(count)]
    waiting = side_by_side.evenly(jobs, at_once)
    left = dict.fromkeys(range(count), 1.0)
    running, now = dict[int, float](), 0.0  # when each unit at work pauses or ends
    while waiting or running:
        for job in list(waiting):
            if job.unit not in running and len(running) < at_once:
                waiting.remove(job)
                part = left[job.unit] if job.part is None else job.part
                left[job.unit] -= part
                running[job.unit] = now + part
        now = min(running.values())
        running = {unit: end for unit, end in running.items() if end > now + 1e-9}
    assert max(left.values()) < 1e-9
    assert now == pytest.approx(max(1, count / at_once))


def test_a_training_that_ended_in_its_first_part_has_no_second(tmp_path: Path) -> None:
    kept.add(tmp_path, "key", b"model", [])
    side_by_side.train("net", b"", [side_by_side.Job(0, "seed 0", "key")], tmp_path, 1)
