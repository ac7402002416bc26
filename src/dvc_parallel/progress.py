"""Shows a run: on a terminal a table that changes, elsewhere a line for each event."""

import re
import signal
import sys
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.markup import escape
from rich.table import Table

SHOWN = 5  # names of stages


class Progress:
    """Which stage runs where and for how long; a context, whose table goes with the block."""

    def __init__(
        self,
        total: int,
        *,
        verbose: bool = False,
        quiet: bool = False,
        beside: Callable[[], RenderableType] | None = None,
        console: Console | None = None,
    ) -> None:
        """Show so many stages.

        Of a `quiet` run only failures are printed. What `beside` returns stands under the table.
        """
        self.console = console or Console(file=sys.stderr, highlight=False, soft_wrap=True)
        self.total, self.verbose, self.quiet, self.beside = total, verbose, quiet, beside
        self.finished = 0
        self.counts: dict[str, int] = {}
        self.began = time.monotonic()
        self.running: dict[str, tuple[str, float]] = {}  # where, since when
        self.note = ""
        self.live = Live(self, console=self.console, refresh_per_second=4, transient=True)

    def __enter__(self) -> "Progress":
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.live.stop()

    def started(self, node: str, worker: str) -> None:
        """A worker has begun a stage; if another one had, it died."""
        again = " again" if node in self.running else ""
        self.running[node] = (worker, time.monotonic())
        if again or not (self.quiet or self.console.is_terminal):
            self.say(f"{node}: started{again} on worker {worker}")

    def done(self, node: str, how: str, log: str = "") -> None:
        """A stage is done."""
        self._count(how, 1)
        took = self._took(node)
        if not self.quiet:
            self.say(f"{node}: {how}{took}")
        if self.verbose and log:
            self.say(_indented(log))

    def failed(
        self, node: str, why: str, log: str, lost: list[str], *, final: bool = False
    ) -> None:
        """A stage failed; shows its log, and the stages that will not run because of it.

        It runs once more at the end, unless that is `final`.
        """
        self._count("failed", 1)
        self._count("not run", len(lost))
        self.say(f"{node}: failed{self._took(node)}", "bold red")
        self.say(_indented("\n".join(filter(None, (log.strip() or why, _ended_by(why))))))
        if not final:
            self.say("    `dvc repro` tries it once more at the end, in the workspace")
        if lost:
            more = f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
            self.say(f"    not run, as they depend on it: {', '.join(lost[:SHOWN])}{more}")

    def dropped(self, node: str, lost: int) -> None:
        """A stage is not done, and so many after it will not run."""
        self._count("failed", 1)
        self._count("not run", lost)
        self._took(node)

    def deferred(self, node: str, why: str, lost: list[str]) -> None:
        """No worker could run a stage; the last `dvc repro` does."""
        self._count("left to `dvc repro`", 1 + len(lost))
        self._took(node)
        also = f" (as are {', '.join(lost)})" if lost else ""
        self.say(f"{node}: left to the last `dvc repro`{also}: {why}", "yellow")

    def say(self, text: str, style: str | None = None) -> None:
        """Print a line, above the table where there is one."""
        self.console.print(escape(text), style=style)

    def summary(self) -> str:
        """`stages: 9 done, 2 restored, 1 failed`, and the time."""
        counts = ", ".join(f"{count} {how}" for how, count in self.counts.items())
        return f"stages: {counts or 'none'}, in {clock(time.monotonic() - self.began)}"

    def _count(self, how: str, number: int) -> None:
        self.finished += number
        if number:
            self.counts[how] = self.counts.get(how, 0) + number

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table; rich calls it four times a second."""
        now = time.monotonic()
        table = Table.grid(padding=(0, 2))
        for node, (worker, since) in sorted(self.running.items(), key=lambda item: item[1][1]):
            table.add_row(f"  {escape(node)}", f"worker {escape(worker)}", clock(now - since))
        waiting = self.total - self.finished - len(self.running)
        head = f"{self.finished} of {self.total} stages done, {len(self.running)} running, "
        head += f"{max(waiting, 0)} waiting, {clock(now - self.began)}"
        more = [self.beside()] if self.beside else []
        yield Group(head + (f" - {self.note}" if self.note else ""), table, *more)

    def _took(self, node: str) -> str:
        worker, since = self.running.pop(node, ("", 0.0))
        return f" on worker {worker}, {clock(time.monotonic() - since)}" if worker else ""


def clock(seconds: float) -> str:
    """`8.3 s`, or `2:05` from a minute on."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def exit_status(why: str) -> int | None:
    """Return a stage's exit status, as DVC's message says it: below 0 the signal that ended it."""
    found = re.search(r"exited with (-?\d+)", why)
    return int(found[1]) if found else None


def _ended_by(why: str) -> str:
    """Return which signal ended a stage, by DVC's message; then its log gives no reason."""
    status = exit_status(why)
    if status is None or status >= 0:
        return ""
    name = signal.Signals(-status).name
    return f"ended by {name}" + (": perhaps memory has run out" if name == "SIGKILL" else "")


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.strip().splitlines())
