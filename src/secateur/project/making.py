"""Makes the folder of a project: the pipeline's files, the data, Git and DVC."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from ruamel.yaml import YAML

from secateur.checks import params_file
from secateur.core import files, params
from secateur.core.errors import InputError, one_line

ANSWERS = Path(".copier-answers.yml")  # Copier's name: where the pipeline came from
IN_GIT = 5 << 20  # bytes of data that Git keeps; more, and folders, are DVC's
# `git rev-parse --local-env-vars`
LOCAL = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE", "GIT_INDEX_FILE", "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_COMMON_DIR",
}  # fmt: skip
OWN = ("params.yaml", "README.md", "Makefile")  # made once, then the user's


def check_folder(folder: Path) -> None:
    """Raise InputError unless a project can be made there: new or empty, in no repository."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise InputError(f"{folder}: no folder; name a new one")
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(f"{folder}: holds files, and nothing is replaced; name a new folder")
    if not folder.parent.is_dir():
        raise InputError(f"{folder}: {folder.parent}: no such folder; make it, or correct the path")
    inside = folder.resolve().parent
    for parent in (inside, *inside.parents):
        if (parent / ".git").exists():
            raise InputError(
                f"{folder}: lies in the Git repository {parent}, and a project is one of its own; "
                f"name a folder outside, such as {parent.parent / folder.name}"
            )


def check_apart(folder: Path, data: Path) -> None:
    """Raise InputError if the project would lie in the data that are copied into it."""
    if data.is_dir() and folder.resolve().is_relative_to(data.resolve()):
        raise InputError(
            f"{folder}: lies in the data, {data}, which are copied into it; name a folder outside"
        )


def forget_git() -> None:
    """Drop Git's variables, as a hook sets them: they would name another repository."""
    for name in LOCAL & os.environ.keys():
        del os.environ[name]


def checkout() -> tuple[Path, str]:
    """Return the checkout of Secateur that this code lies in, and its commit.

    Raises:
        InputError: it is no Git repository, so no later version could be merged.
    """
    root = Path(__file__).resolve().parents[3]
    done = git("rev-parse", "HEAD", cwd=root, check=False)
    if done.returncode or not (root / "copier.yml").is_file():
        raise InputError(
            f"{root}: no Git checkout of Secateur, from which a project is made; clone its "
            "repository and run `secateur init` there"
        )
    return root, done.stdout.strip()


def make(
    folder: Path, text: str, data: Path, source: str, model: Path | None, model_file: str | None
) -> list[str]:
    """Make a project, all of it or nothing; return what a user is told.

    `source` and `model_file` are where data and model lie in it.

    Raises:
        InputError: the parameters cannot work, the disk is full, or the folder is in use.
    """
    check_folder(folder)
    check_apart(folder, data)
    root, commit = checkout()
    with files.replacing(folder) as partial:
        copy_pipeline(root, commit, partial)
        _copy(data, partial / source)
        if model is not None and model_file is not None:
            _copy(model, partial / model_file)
        (partial / "params.yaml").write_text(text, encoding="utf-8")
        _write_own(partial, folder.resolve().name, source)
        with contextlib.chdir(partial):
            params_file.check_params(params.PARAMS_FILE)
            kept = _begin(Path(source))
    return kept


def copy_pipeline(source: Path | str, commit: str, folder: Path) -> None:
    """Copy the pipeline of a commit, by Copier; raises InputError if that fails."""
    import copier  # it takes half a second
    from copier.errors import CopierError

    try:
        copier.run_copy(
            str(source), folder, vcs_ref=commit, quiet=True, defaults=True, overwrite=True
        )
    except (CopierError, OSError, ValueError) as error:
        raise InputError(f"{source}: cannot be copied: {one_line(error)}") from None
    write_answers(folder, _address(source), commit)


def write_answers(folder: Path, source: str, commit: str) -> None:
    """Record where the pipeline came from, as Copier reads it."""
    lines = "# Written by `secateur init` and `secateur update`: which pipeline this is.\n"
    (folder / ANSWERS).write_text(f"{lines}_commit: {commit}\n_src_path: {source}\n", "utf-8")


def read_answers(folder: Path) -> dict[str, Any]:
    """Return the pipeline's `_src_path` and `_commit`; raises InputError without them."""
    path = folder / ANSWERS
    try:
        answers = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            f"{ANSWERS}: not found: this folder was not made by `secateur init`"
        ) from None
    if not isinstance(answers, dict) or not {"_src_path", "_commit"} <= answers.keys():
        raise InputError(f"{ANSWERS}: must hold _src_path and _commit, as `secateur init` wrote it")
    return answers


def _address(source: Path | str) -> str:
    """Return where others find a checkout, too: its remote's address, or its path."""
    done = git("config", "remote.origin.url", cwd=Path(source), check=False)
    url = done.stdout.strip()
    return url if "://" in url or "@" in url else str(source)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():  # hidden files are no data, and may be links that lead in a circle
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*"))
    else:
        shutil.copy(source, target)


def _write_own(folder: Path, name: str, source: str) -> None:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), keep_trailing_newline=True,
        autoescape=False,
    )  # fmt: skip
    readme = environment.get_template("README.md.jinja").render(name=name, source=source)
    (folder / "README.md").write_text(readme, encoding="utf-8")
    (folder / "Makefile").write_text("include pipeline.mk\n", encoding="utf-8")


def _begin(source: Path) -> list[str]:
    """Make a Git repository with everything in it, and large data in DVC."""
    said = []
    git("init", "--quiet", "--initial-branch", "main", cwd=Path())
    if source.is_dir() or source.stat().st_size > IN_GIT:
        _run([sys.executable, "-m", "dvc", "add", "--quiet", str(source)])
        said.append(f"{source}: kept by DVC, {source}.dvc in Git; `dvc push` shares it")
    else:
        said.append(f"{source}: kept in Git")
    git("add", "--all", cwd=Path())
    done = git("commit", "--quiet", "--message", "A project of Secateur's", cwd=Path(), check=False)
    if done.returncode:
        why = one_line(ValueError(done.stderr or done.stdout))
        if "identity" in why or "tell me who you are" in why:
            why = "Git does not know your name; git config --global user.name and user.email set it"
        said.append(f"not committed: {why}; then, in the project: git add -A && git commit")
    return said


def git(*arguments: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run Git; raises InputError if it fails, unless `check` is false."""
    return _run(["git", *arguments], cwd, check)


def _run(
    command: Sequence[str], cwd: Path = Path(), check: bool = True
) -> subprocess.CompletedProcess[str]:
    try:
        done = subprocess.run(
            command, cwd=cwd, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError:
        raise InputError(f"{command[0]}: not found; install it") from None
    if check and done.returncode:
        raise InputError(f"{' '.join(command)}: {done.stderr.strip()[-300:]}")
    return done
