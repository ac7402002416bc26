"""`secateur verify`."""

from typing import Annotated, Literal

import typer

from secateur.command.mistakes import told

EXAMPLES = """
\b
Examples:
  secateur verify                     # reproduce all: as long as training
  secateur verify --lock-only         # seconds
  secateur verify --tolerance 0.02    # another processor: metrics, to 2 %
  secateur verify --processor EPYC-Milan   # short cases, emulated by QEMU

\b
Exit status: 0 identical; 1 something differs; 2 the check is not possible;
130 interrupted.
"""


def verify(
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", help="Repeat the conditions of an earlier check. [default: new]"),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="Let each metric differ by this fraction, and only report other bytes. "
            "[default: all outputs must be identical]",
        ),
    ] = None,
    lock_only: Annotated[
        bool,
        typer.Option(
            "--lock-only", help="Only check whether dvc.lock fits the code and parameters."
        ),
    ] = False,
    processor: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Instead: compute short cases on this processor, as QEMU's user mode emulates it, "
            "and compare bytes; such as Haswell-noTSX.",
        ),
    ] = None,
    case: Annotated[
        Literal["dense", "convolutional", "wide", "channels", "layers"] | None,
        typer.Option(help="With --processor: one of the short cases. [default: all]"),
    ] = None,
) -> None:
    """Check that the last commit produces its results.

    It clones the last commit, reproduces every stage under other conditions (time zone, locale,
    hash seed, number of processors) and compares outputs and metrics.
    """
    if processor is not None:
        with told(status=2):
            from secateur.command import processor as emulated

            different = emulated.compare(processor, [case] if case else [])
        raise typer.Exit(1 if different else 0)
    import dvc_verify.verify

    raise typer.Exit(dvc_verify.verify.run(seed, tolerance, lock_only=lock_only))
