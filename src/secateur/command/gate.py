"""`secateur gate`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from secateur.command.mistakes import is_project, told

EXAMPLES = """
\b
Examples:
  secateur gate                              # against main
  secateur gate origin/main --markdown       # for a pull request
  secateur gate v1.2 --limits strict.yaml --json

\b
Exit status: 0 within the limits and the budget; 1 beyond one; 2 the
comparison is not possible, or nobody knows what a budgeted cost is.
"""


def gate(
    base: Annotated[
        str, typer.Argument(metavar="BASE", help="A Git revision to compare with.")
    ] = "main",
    limits: Annotated[
        Path, typer.Option(metavar="FILE", help="How much worse each metric may become.")
    ] = Path("limits.yaml"),
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, for a pull request.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Compare the metrics with another revision, within limits.yaml.

    It says which metrics are worse than in BASE by more than limits.yaml allows. It compares the
    working tree's metrics seed by seed with those committed in BASE. It also fails where the
    recommended file of the working tree breaks the budget of params.yaml.
    """
    if markdown and json:
        raise typer.BadParameter("--markdown and --json exclude each other; give one of them.")
    import dvc_verify.gate

    style: Literal["simple", "markdown", "json"]
    style = "markdown" if markdown else "json" if json else "simple"
    beside = None
    if is_project():  # else it is another DVC project, which has no budget
        from secateur.command import budget

        with told(2):
            beside = budget.found(style)
    raise typer.Exit(dvc_verify.gate.run(base, limits, style, beside))
