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
from pathlib import Path
from typing import Any, NamedTuple

from secateur.core.errors import InputError
from secateur.train import cores, one_seed, progress


class Job(NamedTuple):
    """A seed or the like to train, what messages call it, and the key of its result."""

    unit: Any
    label: str
    key: str


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
            there.write(pickle.dumps((run, job.unit, job.key, place)))

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


def train(name: str, run: bytes, jobs: Sequence[Job], place: Path, at_once: int) -> None:
    """Train jobs, so many at once, and keep each.

    `run` is a pickled function of units and the files of their checkpoints.

    Raises:
        InputError: a training does, or a process was killed. The others are ended then.
    """
    waiting, running = list(jobs), list[_Process]()
    selector = selectors.DefaultSelector()
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                bar = min({*range(at_once)} - {process.bar for process in running})
                new = _Process(run, waiting.pop(0), place, bar)
                running.append(new)
                selector.register(new.pipe, selectors.EVENT_READ, new)
            for event, _ in selector.select():
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
        )
    if status < 0:
        raise RuntimeError(f"{title}: its process died of {signal.Signals(-status).name}")
    if status:
        raise RuntimeError(f"{title}: its process failed; its traceback stands above")
