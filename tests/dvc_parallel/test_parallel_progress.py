"""What a person sees of a run."""

import io

from rich.console import Console

from dvc_parallel.progress import Progress, clock


def seen(terminal: bool) -> tuple[str, str]:
    """The table of a run under way, and all that the run printed."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=60, soft_wrap=True)
    with Progress(4, console=console) as progress:
        progress.started("one[x]", "0")
        progress.started("two", "1")
        table = io.StringIO()
        Console(file=table, width=60).print(progress)
        progress.started("two", "0")
        progress.done("one[x]", "done")
        progress.failed("two", "it failed", "what [bold] it printed\n", ["three"])
        progress.deferred("four", "why", [])
        assert progress.finished == 4
        assert progress.counts == {"done": 1, "failed": 1, "not run": 1, "left to `dvc repro`": 1}
    return table.getvalue(), out.getvalue()


def test_a_line_for_each_event_where_there_is_no_terminal() -> None:
    lines = seen(terminal=False)[1].splitlines()
    assert lines[0] == "one[x]: started on worker 0"
    assert lines[2] == "two: started again on worker 0"
    assert lines[3].startswith("one[x]: done on worker 0, 0.0 s")
    assert lines[5] == "    what [bold] it printed"
    assert lines[7].endswith(": three")
    assert lines[8].startswith("four: ")
    assert "\x1b" not in "".join(lines)


def test_a_table_of_what_runs_on_a_terminal() -> None:
    table, printed = seen(terminal=True)
    assert "0 of 4 stages done, 2 running, 2 waiting" in table
    assert "one[x]  worker 0  0.0 s" in table
    assert "one[x]: started" not in printed  # the table shows it
    assert "two: started again" in printed


def test_times() -> None:
    assert [clock(s) for s in (0.04, 59.94, 61, 3725)] == ["0.0 s", "59.9 s", "1:01", "1:02:05"]
