"""`secateur publish`."""

from typing import Annotated

import typer

from secateur.command.mistakes import told

EXAMPLES = """
\b
Examples:
  secateur publish 1.0.0
  secateur publish 1.1.0 --message "10 % fewer bytes"
  dvc artifacts get https://example.org/wine.git model --rev v1.0.0

\b
Exit status: 0 registered; 1 refused, and nothing was changed.
"""


def publish(
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="Such as 1.0.0, above the last one.")
    ],
    message: Annotated[
        str | None, typer.Option("--message", "-m", metavar="TEXT", help="What is new in it.")
    ] = None,
) -> None:
    """Register a version of the recommended model.

    It makes a Git tag of the present commit in the form of GTO, which DVC's registry reads. The
    commit must hold all results, and `models/published` must be those.
    """
    from secateur.command import publishing

    with told():
        for line in publishing.publish(version, message):
            typer.echo(line)
