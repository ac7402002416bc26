"""How a subcommand tells the user of a mistake."""

import contextlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import typer

from secateur.core.errors import InputError, of_system

PARAMS = Path("params.yaml")
OUTPUTS = ("data/", "data/generated/", "data/split/", "models/", "models/*/", "metrics/")


@contextlib.contextmanager
def told(status: int = 1) -> Iterator[None]:
    """Turn an InputError or OSError into `error: …` and an exit status.

    Anything else is a bug of ours and keeps its traceback.
    """
    try:
        yield
    except BrokenPipeError:  # whoever read our output has ended; Typer ends quietly
        raise
    except InputError as error:
        message = str(error)
    except OSError as error:
        message = of_system(error)
    else:
        return
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(status)


def is_project() -> bool:
    """Whether the current folder is a project of Secateur's; the command serves others too."""
    return PARAMS.exists() and Path("stages/check_params.py").exists()


def in_git() -> bool:
    """Whether the current folder is in a Git repository."""
    here = Path.cwd()
    return any((folder / ".git").exists() for folder in (here, *here.parents))


def check_project() -> None:
    """Tell of a mistake in this project at once, before DVC reads `dvc.yaml`.

    That is a `params.yaml` that cannot work, or a user's own file that a run would lose. Another
    DVC project is not ours to check.
    """
    if not is_project():
        return
    from dvc_parallel import plan
    from dvc_parallel.errors import RunError
    from dvc_verify import unknown_files
    from secateur.artifacts import CLUSTERED, MIXED, TFLITE, TRAINED, check_orphans
    from secateur.checks import own_files
    from secateur.checks.params_file import check_params
    from secateur.core import files

    with told():
        recipes = check_params(PARAMS).recipes
        for folder in (TRAINED, CLUSTERED, MIXED, TFLITE):
            if folder.is_dir():
                check_orphans(folder, recipes)
        if not in_git():
            raise InputError(
                "this folder is in no Git repository, and DVC needs one: run `git init` and "
                "`git add -A && git commit -m start`"
            )
        with contextlib.suppress(RunError):  # the run itself will say why it cannot begin
            plan.mend()  # DVC does not know whose a file is where half of `dvc.lock` is missing
        own_files.refuse(unknown_files.find(files.written()))
        remove_abandoned()


def check_set(path: Path, name: str) -> None:
    """Check a `params.yaml` of a sweep, which lies elsewhere; raises InputError if it is wrong."""
    if name != str(PARAMS) or not is_project():
        return
    from secateur.checks.params_file import check_content
    from secateur.core import params

    check_content(params.read(path)._replace(path=PARAMS))


def remove_abandoned() -> None:
    """Delete what killed stages left half-written.

    A stage removes its own when it runs again, but a worker runs it in another folder.
    """
    from secateur.core import files

    for folder in itertools.chain.from_iterable(map(Path().glob, OUTPUTS)):
        files.remove_abandoned(folder, ".*.*.partial")
