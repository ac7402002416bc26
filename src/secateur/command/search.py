"""`secateur search`."""

from typing import Annotated

import typer

from secateur.command import mistakes
from secateur.command import options as common
from secateur.command.options import (
    Jobs,
    Remote,
    Scheduler,
    TlsCaFile,
    TlsCert,
    TlsKey,
    Verbose,
)

EXAMPLES = """
\b
Examples:
  secateur search                        # what the section `search` says
  secateur search --apply found          # add the best recipe to params.yaml
  secateur search --apply lean --trial 17
  dvc exp show                           # each trial is an experiment

\b
Exit status: 0 done; 1 the section or a record has a mistake; 2 it could not
begin or go on; 130 interrupted: the same command goes on where it was.
"""


def search(
    apply: Annotated[
        str | None,
        typer.Option(
            "--apply",
            metavar="NAME",
            help="Run nothing: add the best recipe found to params.yaml under this name.",
        ),
    ] = None,
    trial: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="With --apply: this trial's recipe. [default: the best's]"
        ),
    ] = None,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    remote: Remote = None,
    tls_ca_file: TlsCaFile = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    verbose: Verbose = False,
) -> None:
    """Search for the smallest network that keeps the budget.

    The section `search` of params.yaml says what varies and what is to be small. Validation rows
    choose; then the best recipe is trained with seeds that the search has not seen, and scored once
    on test rows. `secateur repro` shows on the page what was found.
    """  # fmt: skip
    if trial is not None and apply is None:
        raise typer.BadParameter("--trial goes with --apply NAME.")
    chosen = common.options(
        targets=None, jobs=jobs, scheduler=scheduler, remote=remote,
        tls=(tls_ca_file, tls_cert, tls_key), verbose=verbose,
    )  # fmt: skip
    mistakes.check_project()
    from secateur.command import applying, searching

    if apply is not None:
        with mistakes.told():
            for line in applying.apply(apply, trial):
                typer.echo(line)
        return
    import dvc_parallel.repro

    def run() -> int:
        with mistakes.told():
            for line in searching.search(chosen):
                typer.echo(line)
        return 0

    raise typer.Exit(dvc_parallel.repro.guarded("secateur search", run))
