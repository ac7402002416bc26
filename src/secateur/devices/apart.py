"""Work that may crash or never end, in child processes: one for each core."""

import faulthandler
import gc
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from secateur.core import errors, processors
from secateur.core.errors import InputError

SECONDS = 600.0  # that one piece of work may take
ATTEMPT_SECONDS = 120.0  # that one attempt may take; most take thousandths of one


KILLS = (signal.SIGKILL, signal.SIGTERM)  # of a user or a system without memory


class KilledError(Exception):
    """The system, not the work, has ended a process."""


class Failed(NamedTuple):
    """A piece of work that gave no result: what it raised, and what the process has printed."""

    reason: str
    printed: str = ""
    killed: bool = False  # by the system or a user: it says nothing of the work


def each(
    work: Callable[[Any], Any], items: Sequence[Any], seconds: float = SECONDS
) -> Iterator[tuple[int, Any]]:
    """Yield the number of each item and what `work` returns for it, or `Failed`, as they finish.

    The processors that the stages of a run share have a process each; these share the items. A
    child is forked, so what this process has imported costs it nothing; TensorFlow, whose threads
    do not survive a fork, must not be among it. A crash, or more than `seconds` of work, ends one
    child and fails one item. An item whose child is killed is given once more.

    Raises:
        InputError: the child of an item is killed twice.
    """
    waiting = deque(enumerate(items))
    killed: set[int] = set()
    running: dict[Connection, _Child] = {}
    try:
        for _ in range(min(len(processors.shared()), len(items))):
            child = _Child.begin(work)
            running[child.link] = child
            child.give(*waiting.popleft())
        while running:
            due = min(child.given for child in running.values()) + seconds
            ready = wait(list(running), max(0.0, due - time.monotonic()))
            for link in list(running):
                child = running[link]
                if link not in ready and time.monotonic() < child.given + seconds:
                    continue
                late = link not in ready
                found = Failed(f"it took more than {seconds:g} s") if late else child.taken()
                if isinstance(found, Failed) and found.killed:
                    _again(child.number, killed)
                    waiting.append((child.number, items[child.number]))
                else:
                    yield child.number, found
                if late or child.ended or not waiting:
                    child.end()
                    del running[link]
                if waiting:
                    child = _Child.begin(work) if child.ended else child
                    running[child.link] = child
                    child.give(*waiting.popleft())
    finally:
        for child in running.values():
            child.end()


def _again(number: int, killed: set[int]) -> None:
    if number in killed:
        raise InputError(
            "a process that measures a file was killed twice, by you or because memory ran out; "
            "close other programs and run this again"
        )
    killed.add(number)


def attempt(work: Callable[[Any], Any], item: Any, seconds: float = ATTEMPT_SECONDS) -> Any:
    """Return what `work` returns for an item in a child process, or `Failed` if that crashed.

    The child stays for the next attempt: to fork costs more than most attempts. One that does not
    answer is ended, and the item given to another one: a fork may leave a lock behind that nobody
    opens, if this process has threads.

    Raises:
        KilledError: the child was killed, or two did not answer.
    """
    for _ in range(2):
        child = ATTEMPTS.get(work)
        if child is None or child.ended:
            child = ATTEMPTS[work] = _Child.begin(work, daemon=True)  # Python ends it with this one
        child.give(0, item)
        if child.link.poll(seconds):
            break
        child.end()
    else:
        raise KilledError(f"two processes did not answer within {seconds:g} s")
    found = child.taken()
    if child.ended:
        child.end()
    if isinstance(found, Failed) and found.killed:
        raise KilledError(found.reason)
    return found


class _Child:
    """A child process, and the item that it works on."""

    def __init__(self, process: BaseProcess, link: Connection) -> None:
        self.process, self.link = process, link
        self.number, self.given, self.ended = -1, 0.0, False

    @classmethod
    def begin(cls, work: Callable[[Any], Any], *, daemon: bool = False) -> "_Child":
        context = multiprocessing.get_context("fork")
        ours, its = context.Pipe()
        process = context.Process(target=_serve, args=(work, its, ours, os.getpid()),
                                  daemon=daemon)  # fmt: skip
        process.start()
        its.close()
        return cls(process, ours)

    def give(self, number: int, item: Any) -> None:
        self.number, self.given = number, time.monotonic()
        with suppress(OSError):  # it has died: `taken` tells
            self.link.send(item)

    def taken(self) -> Any:
        """Return the result, or why there is none."""
        try:
            return self.link.recv()
        except (EOFError, OSError):
            self.process.join()
            self.ended = True
            code = self.process.exitcode or 0
            return Failed(f"ended its process ({_ended_by(code)})", killed=-code in KILLS)

    def end(self) -> None:
        self.ended = True
        self.link.close()
        self.process.kill()
        self.process.join()


def _ended_by(code: int) -> str:
    with suppress(ValueError):
        if code < 0:
            return signal.Signals(-code).name
    return f"status {code}"


def _serve(work: Callable[[Any], Any], link: Connection, ours: Connection, parent: int) -> None:
    """Answer the parent until it is gone; what libraries print from C is kept, not shown."""
    ours.close()
    ATTEMPTS.clear()  # the parent's
    faulthandler.disable()  # a crash is told by the parent
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its children
    errors.end_with_parent(parent)
    processors.spread()
    gc.freeze()  # what the parent made is shared as long as nothing touches it
    printed = os.memfd_create("printed")
    for descriptor in (1, 2):
        os.dup2(printed, descriptor)
    with suppress(EOFError, OSError):
        while True:
            item = link.recv()
            os.ftruncate(printed, 0)
            os.lseek(printed, 0, os.SEEK_SET)
            try:
                found = work(item)
            except Exception as error:
                text = os.pread(printed, 1_000_000, 0).decode(errors="replace")
                reason = f"{type(error).__name__}: {errors.one_line(error)}"
                found = Failed(reason, text, isinstance(error, KilledError))
            link.send(found)


ATTEMPTS: dict[Callable[[Any], Any], _Child] = {}  # of this process, by what they do
