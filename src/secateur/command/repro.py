"""`secateur repro`."""

from typing import Annotated

import typer

from secateur.command import mistakes
from secateur.command import options as common
from secateur.command.options import (
    Jobs,
    Remote,
    Scheduler,
    Targets,
    TlsCaFile,
    TlsCert,
    TlsKey,
    Verbose,
)
from secateur.core import under_way

EXAMPLES = """
\b
Examples:
  secateur repro                  # everything that has changed
  secateur repro --dry-run        # what that would be, and why
  secateur repro -j 1 evaluate    # what `evaluate` needs, a stage at a time
  secateur repro --scheduler tls://host:8786 --tls-ca-file ca.pem \\
      --tls-cert me.pem --tls-key me.key --remote storage

\b
Exit status: 0 all is reproduced, or --dry-run has told; 1 a stage failed, or
params.yaml has a mistake; 2 it could not begin or go on; 130 interrupted.
"""


def repro(
    targets: Targets = None,
    all_pipelines: Annotated[
        bool, typer.Option("--all-pipelines", "-P", help="Run the whole repository's pipelines.")
    ] = False,
    keep_going: Annotated[
        bool,
        typer.Option("--keep-going", "-k", help="Accepted and ignored: it always keeps going."),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only say which stages would run, why, and about how long."),
    ] = False,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    remote: Remote = None,
    tls_ca_file: TlsCaFile = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    verbose: Verbose = False,
) -> None:
    """Run what has changed, stages side by side.

    It prints the result table in the end. Each stage runs in a clone and fills DVC's run cache.
    Then a plain `dvc repro --keep-going` checks every hash, takes the results from there and runs
    what remains.
    """
    chosen = common.options(
        targets=targets, all_pipelines=all_pipelines, jobs=jobs, scheduler=scheduler,
        remote=remote, tls=(tls_ca_file, tls_cert, tls_key), verbose=verbose,
    )  # fmt: skip
    mistakes.check_project()
    import dvc_parallel.dry_run
    import dvc_parallel.repro

    if dry_run:
        raise typer.Exit(
            dvc_parallel.repro.guarded("secateur repro", lambda: dvc_parallel.dry_run.run(chosen))
        )
    from secateur.artifacts import ENVIRONMENT, RESULTS, SUMMARY
    from secateur.project import limits
    from secateur.report import environment

    status = dvc_parallel.repro.guarded("secateur repro", lambda: dvc_parallel.repro.run(chosen))
    if status == 0 and mistakes.is_project() and not scheduler and SUMMARY.exists():
        # The report stage writes this record, too; its clone's copy is no output, and is lost.
        environment.record(ENVIRONMENT, RESULTS)
        if not targets and limits.write():
            typer.echo(
                f"{limits.LIMITS}: written from this first run's figures; commit it: `secateur "
                "gate` compares by it"
            )
    if status == 0 and SUMMARY.exists() and not targets:  # a target may not reach the table
        typer.echo(f"\n{SUMMARY.read_text(encoding='utf-8').rstrip()}")
    if status:
        for line in under_way.killed():
            typer.echo(line, err=True)
    raise typer.Exit(status)
