"""`secateur export-c`."""

from typing import Annotated

import typer

from secateur.command.mistakes import told
from secateur.command.options import ExportedModel, ExportedSeed, NewFolder

EXAMPLES = """
\b
Examples:
  secateur export-c recommended ../firmware/model   # the recommended model
  secateur export-c small ../firmware/model --artifact minified_int8 --seed 3

\b
Exit status: 0 exported; 1 the model or the folder cannot be used.
"""


def export_c(
    model: ExportedModel,
    folder: NewFolder,
    artifact: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Such as minified_int8. [default: of the float32 and int8 files that tflite-micro "
            "runs, the smallest that predicts as its source does]",
        ),
    ] = None,
    seed: ExportedSeed = None,
) -> None:
    """Export a model as C++ sources for tflite-micro.

    That is TensorFlow's interpreter for microcontrollers. DIR gets the TFLite file as an aligned
    array, the operators that it needs, the size of its arena, a row of the test data with what the
    model gives for it, and a README.md. Nothing is replaced. No compiler is needed.
    """
    with told():
        # It imports numpy, pyarrow and LiteRT.
        from secateur.command import exportable, exporting_c

        families, kinds = exporting_c.FAMILIES, exporting_c.KINDS
        runs = [f"{family}_{kind}" for family in families for kind in kinds]
        exportable.check_asked(model, artifact, seed, runs)
        for line in exporting_c.export(model, folder, artifact, seed):
            typer.echo(line)
