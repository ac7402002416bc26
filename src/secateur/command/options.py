"""Options that several subcommands have."""

import os
from pathlib import Path
from typing import Annotated

import typer

from dvc_parallel.options import Options

Targets = Annotated[
    list[str] | None,
    typer.Argument(metavar="TARGETS", help="Stages or files, as for DVC. [default: all]"),
]
ExportedModel = Annotated[
    str, typer.Argument(metavar="MODEL", help="`recommended`, `baseline`, or the name of a recipe.")
]
NewFolder = Annotated[
    Path, typer.Argument(metavar="DIR", help="A new or empty folder.", show_default=False)
]
ExportedSeed = Annotated[
    int | None, typer.Option(metavar="N", help="[default: the best on validation rows]")
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs", "-j", min=1, metavar="N",
        help="Run so many stages at once on this machine. [default: its cores]",
    ),
]  # fmt: skip
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Use the workers of this Dask scheduler, such as tls://host:8786.",
    ),
]
Remote = Annotated[
    str | None,
    typer.Option(
        "--remote", "-r", metavar="NAME",
        help="With --scheduler: send data through this DVC remote. [default: DVC's default remote]",
    ),
]  # fmt: skip
TlsCaFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="PEM file of who signed the scheduler's certificate."),
]
TlsCert = Annotated[Path | None, typer.Option(metavar="FILE", help="PEM file, our certificate.")]
TlsKey = Annotated[Path | None, typer.Option(metavar="FILE", help="PEM file, its private key.")]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show what each stage prints, when it is done.")
]


def options(
    *,
    targets: list[str] | None,
    all_pipelines: bool = False,
    jobs: int | None,
    scheduler: str | None,
    remote: str | None,
    tls: tuple[Path | None, Path | None, Path | None],
    verbose: bool,
) -> Options:
    """What was given, for `dvc_parallel`; `tls` holds the authority, the certificate, the key."""
    if jobs is not None and scheduler is not None:
        raise typer.BadParameter("--jobs and --scheduler exclude each other; give one of them.")
    ca_file, cert, key = tls
    return Options(
        targets=tuple(targets or ()),
        all_pipelines=all_pipelines,
        jobs=jobs or os.cpu_count() or 1,
        scheduler=scheduler,
        remote=remote,
        tls_ca_file=ca_file,
        tls_cert=cert,
        tls_key=key,
        verbose=verbose,
    )
