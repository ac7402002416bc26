"""`secateur update`."""

from typing import Annotated

import typer

from secateur.command.mistakes import told

EXAMPLES = """
\b
Examples:
  secateur update                      # from where the project was made
  secateur update --from ~/secateur    # from a checkout, or a Git address

\b
Exit status: 0 updated, or nothing to do; 1 the project or the source
cannot be used.
"""


def update(
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="SOURCE",
            help="A checkout of Secateur, or its Git address. [default: where the project came "
            "from]",
        ),
    ] = None,
) -> None:
    """Bring a later version's pipeline into a project.

    `secateur init` has made the project. Yours stays: params.yaml, limits.yaml, data, network, and
    what you changed in the pipeline's own files. Lines that both have changed get Git's marks, and
    the files are named.
    """
    with told():
        from secateur.project import updating

        for line in updating.update(source):
            typer.echo(line)
