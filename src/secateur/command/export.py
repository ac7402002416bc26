"""`secateur export`."""

from typing import Annotated

import typer

from secateur.command.mistakes import told
from secateur.command.options import ExportedModel, ExportedSeed, NewFolder

EXAMPLES = """
\b
Examples:
  secateur export recommended ../wine   # the model that the report recommends
  secateur export small ../device/model
  secateur export small ../int8 --artifact minified_int8 --seed 3

\b
Exit status: 0 exported; 1 the model or the folder cannot be used.
"""


def export(
    model: ExportedModel,
    folder: NewFolder,
    artifact: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Such as minified_int8. [default: the file to ship of the model]"
        ),
    ] = None,
    seed: ExportedSeed = None,
) -> None:
    """Export a model's file with what predicting with it takes.

    DIR gets the TFLite file that ships, of the seed that is best on validation rows,
    `encoding.json`, a `predict.py` that needs only ai-edge-litert and numpy, for pictures Pillow,
    and runs from any folder, and test rows that it is checked with. Nothing is replaced.
    """
    with told():
        # It imports numpy and pyarrow.
        from secateur.command import exporting

        for line in exporting.export(model, folder, artifact, seed):
            typer.echo(line)
