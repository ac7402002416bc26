"""`secateur show`."""

from pathlib import Path
from typing import Annotated

import typer

from secateur.command.mistakes import told
from secateur.core.errors import InputError

EXAMPLES = """
\b
Examples:
  secateur show              # the results in this folder
  secateur show main         # the results committed on main
  secateur show --sizes v1.2

\b
Exit status: 0 printed; 1 there is no such table or revision.
"""


def show(
    rev: Annotated[
        str | None,
        typer.Argument(metavar="REV", help="A Git revision. [default: this folder's files]"),
    ] = None,
    sizes: Annotated[
        bool, typer.Option("--sizes", help="Show the size of each file instead.")
    ] = False,
    trade_off: Annotated[
        bool, typer.Option("--trade-off", help="Show the curve of size against error instead.")
    ] = False,
) -> None:
    """Print the table of results.

    It has the sparsity, the error and the file size of each model, and says whether a removal of
    channels was worth it.
    """
    if sizes and trade_off:
        raise typer.BadParameter("--sizes and --trade-off exclude each other; give one of them.")
    from secateur.artifacts import SUMMARY

    metrics = SUMMARY.parent
    table = (
        metrics / "size_table.md" if sizes else metrics / "trade_off.md" if trade_off else SUMMARY
    )
    with told():
        typer.echo((read(table) if rev is None else read_revision(table, rev)).rstrip())


def read(table: Path) -> str:
    """The table in this folder; raises InputError where there is none."""
    try:
        return table.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(
            f"{table}: not found; run `secateur repro` in the project's top folder to make it"
        ) from None


def read_revision(table: Path, rev: str) -> str:
    """The table that a Git revision has; raises InputError for an unknown one, or without it."""
    from dvc_parallel.errors import RunError
    from dvc_parallel.git import git, succeeds

    if not succeeds("rev-parse", "--git-dir"):
        raise InputError("not in a Git repository; run `secateur show` without a revision")
    if not succeeds("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}"):
        raise InputError(f"{rev!r}: no such Git revision; `git log --oneline --all` lists them")
    try:
        return git("show", "--end-of-options", f"{rev}:./{table.as_posix()}")
    except RunError:
        raise InputError(
            f"{table}: revision {rev!r} has none here; `secateur repro` makes it, and a commit "
            "keeps it"
        ) from None
