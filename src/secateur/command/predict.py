"""`secateur predict`."""

from pathlib import Path
from typing import Annotated

import typer

from secateur.command.mistakes import told
from secateur.core.errors import InputError

EXAMPLES = """
\b
Examples:
  secateur predict rows.csv       # the recommended file, to the screen
  secateur predict rows.parquet --out out.csv
  secateur predict photos/        # every picture in the folder
  secateur predict rows.csv --model small --artifact minified_int8 --seed 2

\b
Exit status: 0 predicted; 1 rows, model or output cannot be used.
"""


def predict(
    rows: Annotated[
        Path,
        typer.Argument(
            metavar="ROWS",
            help="A .csv, .tsv (or .csv.gz, .tsv.gz), .parquet or .npz file. Columns are found "
            "by name, others are ignored; "
            "an .npz file has the array x. Or a picture, or a folder of pictures.",
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="`baseline` or a recipe. [default: the recommended one]"),
    ] = None,
    artifact: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Such as minified_int8. [default: the file to ship of the model]"
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="[default: the best on validation rows]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Write there. [default: the screen]")
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Let --out replace a file.")] = False,
) -> None:
    """Predict rows with one of the TFLite files.

    It encodes rows as the training rows were and undoes the scaling of the target. It prints CSV:
    a column that is named like the target and, for classes, a column `probability`; a row for
    each row that came in, in their order; of pictures, with their `path` first.
    metrics/ship.json names the default file.
    """
    with told():
        if out is not None:
            check_out(out, rows, force)
        # These import numpy and pyarrow.
        from secateur.command import prediction
        from secateur.core import files

        text = prediction.predict(rows, model, artifact, seed)
        if out is None:
            typer.echo(text, nl=False)
        else:
            files.write_text(out, text)


def check_out(out: Path, rows: Path, force: bool) -> None:
    """Raise InputError where writing to `out` would lose something, or its folder is missing."""
    if not out.parent.is_dir():
        raise InputError(f"--out {out}: {out.parent}: no such folder; make it, or correct the path")
    if out.is_dir():
        raise InputError(f"--out {out}: a folder; must be a file")
    if out.exists() and rows.exists() and out.samefile(rows):
        raise InputError(f"--out {out}: the file of the rows; name another")
    if out.is_symlink() or (out.exists() and not out.is_file()):
        raise InputError(f"--out {out}: no regular file, and would be replaced; name another")
    if out.exists() and not force:
        raise InputError(f"--out {out}: exists; --force replaces it")
