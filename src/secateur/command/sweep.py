"""`secateur sweep`."""

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

EXAMPLES = """
\b
Examples:
  secateur sweep -S recipes.small.epochs=300,900 -S training.batch_size=16,32
  secateur sweep -n rate -S 'training.learning_rate=choice(0.001,0.003)'

\b
Exit status: 0 every parameter set is an experiment; 1 a stage failed;
2 it could not begin or go on; 130 interrupted.
"""


def sweep(
    set_param: Annotated[
        list[str],
        typer.Option(
            "--set-param",
            "-S",
            metavar="[FILE:]NAME=VALUE[,VALUE...]",
            help="As for `dvc exp run --queue`; several values, choice(...) or range(...) make "
            "several sets. Repeat it for further parameters: all combinations run.",
        ),
    ],
    targets: Targets = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", "-n", metavar="NAME", help="Call the experiments NAME-1, NAME-2, and so on."
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", "-f", help="Run all sets, and replace experiments of the same name."
        ),
    ] = False,
    jobs: Jobs = None,
    scheduler: Scheduler = None,
    remote: Remote = None,
    tls_ca_file: TlsCaFile = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    verbose: Verbose = False,
) -> None:
    """Run the pipeline for many parameter sets.

    Stages run side by side. Each set becomes an experiment: `dvc exp show` compares them,
    `dvc exp apply` takes one. A stage that several sets share runs once. The same command again
    keeps the experiments that it has made, and runs what failed.
    """
    chosen = common.options(
        targets=targets, jobs=jobs, scheduler=scheduler, remote=remote,
        tls=(tls_ca_file, tls_cert, tls_key), verbose=verbose,
    )  # fmt: skip
    import dvc_parallel.repro
    import dvc_parallel.sweep

    def run() -> int:
        return dvc_parallel.sweep.run(chosen, set_param, name, force, mistakes.check_set)

    raise typer.Exit(dvc_parallel.repro.guarded("secateur sweep", run))
