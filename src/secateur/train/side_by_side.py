"""Trains seeds in processes of their own, and shows how far each is."""

import json
import os
import pickle
import selectors
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from secateur.core.errors import InputError
from secateur.train import cores, kept, one_seed, progress


class Job(NamedTuple):
    """A seed or the like to train, what messages call it, and the key of its result."""

    unit: Any
    label: str
    key: str
    part: float | None = None  # of its epochs that are to be trained; None: to the end


class _Process:
    """A process that trains a seed."""

    def __init__(self, run: bytes, job: Job, place: Path, bar: int) -> None:
        self.job, self.bar, self.error, self.half = job, bar, "", b""
        self.stack = ExitStack()
        self.show: progress.Show | None = None
        self.pipe, writing = os.pipe()
        self.process = subprocess.Popen(
            [sys.executable, "-m", one_seed.__name__, str(writing), str(os.getpid())],
            stdin=subprocess.PIPE,
            pass_fds=[writing],
        )
        os.close(writing)
        assert self.process.stdin is not None
        with self.process.stdin as there:
            there.write(pickle.dumps((run, job.unit, job.key, job.part, place)))

    def hear(self) -> bool:
        """Read what it has sent; return whether there may be more."""
        sent = os.read(self.pipe, 1 << 16)
        *lines, self.half = (self.half + sent).split(b"\n")
        for line in lines:
            self._show(json.loads(line))
        if not sent:
            self.stack.close()
            os.close(self.pipe)
            self.process.wait()
        return bool(sent)

    def _show(self, said: dict[str, Any]) -> None:
        if "title" in said:
            self.show = self.stack.enter_context(
                progress.shown(said["title"], said["label"], said["epochs"], self.bar)
            )
        elif "epoch" in said and self.show:
            self.show(*said["epoch"])
        else:
            self.error = said["error"]


def evenly(jobs: Sequence[Job], at_once: int) -> list[Job]:
    """Return jobs in an order in which so many processes end together, some in two parts.

    Of five jobs on two cores one core would have nothing to do while the last is trained. So one
    job's first half comes first, and its other half last.

    Source: McNaughton (1959), "Scheduling with Deadlines and Loss Functions": the jobs, all of a
    length, are laid end to end, and each core gets an equal share of that line.
    """
    if len(jobs) <= at_once:
        return list(jobs)
    rests: dict[int, Fraction] = {}
    for core in range(1, at_once):
        cut = Fraction(core * len(jobs), at_once)
        if rest := cut % 1:
            rests[int(cut)] = rest
    longest_last = sorted(rests, key=rests.__getitem__)
    return [
        *(jobs[number]._replace(part=float(1 - rests[number])) for number in longest_last),
        *(job for number, job in enumerate(jobs) if number not in rests),
        *(jobs[number] for number in reversed(longest_last)),
    ]


def train(name: str, run: bytes, jobs: Sequence[Job], place: Path, at_once: int) -> None:
    """Train jobs, so many at once, and keep each. Of two parts of a job the second waits.

    `run` is a pickled function of units and the files of their checkpoints.

    Raises:
        InputError: a training does, or a process was killed. The others are ended then.
    """
    waiting, running = list(jobs), list[_Process]()
    selector = selectors.DefaultSelector()
    try:
        while waiting or running:
            while len(running) < at_once and (job := _next(waiting, running)):
                bar = min({*range(at_once)} - {process.bar for process in running})
                waiting.remove(job)
                if kept.find(place, job.key):  # its first part ended before it was to pause
                    continue
                new = _Process(run, job, place, bar)
                running.append(new)
                selector.register(new.pipe, selectors.EVENT_READ, new)
            for event, _ in selector.select() if running else ():
                process: _Process = event.data
                if not process.hear():
                    selector.unregister(event.fileobj)
                    running.remove(process)
                    _check(name, process, at_once)
    finally:
        for process in running:
            process.process.kill()
            process.process.wait()
            process.stack.close()
        selector.close()


def _next(waiting: Sequence[Job], running: Sequence[_Process]) -> Job | None:
    """Return the first job that is at work in no process."""
    busy = {process.job.key for process in running}
    return next((job for job in waiting if job.key not in busy), None)


def _check(name: str, process: _Process, at_once: int) -> None:
    """Raise InputError if a process that has ended did not train its seed."""
    status, title = process.process.returncode, f"{name}, {process.job.label}"
    if process.error:
        raise InputError(process.error)
    if status == -signal.SIGKILL:
        raise InputError(
            f"{title}: its process was killed, likely by the kernel because memory ran out; "
            f"seeds that have finished, and checkpoints, are kept; {cores.WORKERS}="
            f"{max(1, at_once - 1)} trains fewer at once, and a smaller training.batch_size takes "
            "less"
        ) from MemoryError()  # where fewer stages run at once it may suffice
    if status < 0:
        raise RuntimeError(f"{title}: its process died of {signal.Signals(-status).name}")
    if status:
        raise RuntimeError(f"{title}: its process failed; its traceback stands above")
