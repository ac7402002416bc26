"""How a subcommand tells the user of a mistake."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from secateur.core.errors import InputError, one_line

PARAMS = Path("params.yaml")


@contextmanager
def told() -> Iterator[None]:
    """Turn an InputError or OSError into `error: …` and exit status 1.

    Anything else is a bug of ours and keeps its traceback.
    """
    try:
        yield
    except BrokenPipeError:  # whoever read our output has ended; Typer ends quietly
        raise
    except InputError as error:
        message = str(error)
    except OSError as error:
        message = one_line(error)
    else:
        return
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(1)


def is_project() -> bool:
    """Whether the current folder is a project of Secateur's; the command serves others too."""
    return PARAMS.exists() and Path("stages/check_params.py").exists()


def check_project() -> None:
    """Tell of a mistake in this project's `params.yaml` at once, before DVC reads `dvc.yaml`.

    Another DVC project's parameters are not ours to check.
    """
    if not is_project():
        return
    from secateur.checks.params_file import check_params

    with told():
        check_params(PARAMS)
