"""`secateur report`."""

from typing import Annotated

import typer

from secateur.command import mistakes

EXAMPLES = """
\b
Examples:
  secateur report              # build and open it
  secateur report --no-open    # build it, print its path

\b
Exit status: 0 the page is there; 1 a stage failed, or params.yaml has a
mistake; 2 it could not begin; 130 interrupted.
"""


def report(
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Do not open the page in the browser.")
    ] = False,
) -> None:
    """Build the page of all results and open it.

    It runs `dvc repro report`, which runs what has changed, a stage at a time. `secateur repro`
    before it runs stages side by side.
    """
    mistakes.check_project()
    import webbrowser

    import dvc_parallel.repro
    from dvc_parallel.options import Options
    from secateur.artifacts import PAGE

    def build() -> int:
        return dvc_parallel.repro.dvc_repro(Options(targets=("report",)))

    status = dvc_parallel.repro.guarded("secateur report", build)
    if status:
        raise typer.Exit(status)
    page = PAGE.resolve()
    typer.echo(page)
    if not no_open:
        webbrowser.open(page.as_uri())
