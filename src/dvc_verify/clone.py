"""A clone of the current commit, with the data that DVC tracks."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from dvc_parallel.errors import RunError
from dvc_parallel.git import git
from dvc_verify.errors import CheckError, one_line

DVC = (sys.executable, "-m", "dvc")


class Commit(NamedTuple):
    """The commit to check, and where its DVC project lies."""

    id: str
    prefix: str  # the project's folder, relative to the repository's top


def current_commit() -> Commit:
    """The current folder's commit; raises CheckError if anything is not committed."""
    commit = Commit(_git("rev-parse", "HEAD"), _git("rev-parse", "--show-prefix"))
    changed = _git("status", "--porcelain", "--untracked-files=all").splitlines()
    if changed:
        raise CheckError(
            f"There are uncommitted changes ({len(changed)}). Commit or remove them first:\n"
            + "\n".join(changed[:20])
        )
    return commit


def make(top: Path, commit: Commit) -> Path:
    """Clone the current repository to `top` and return the project's folder in the clone.

    Raises:
        CheckError: Git fails, or data that DVC tracks are not in the cache.
    """
    _git("clone", "--quiet", "--no-checkout", _git("rev-parse", "--show-toplevel"), str(top))
    _git("-C", str(top), "checkout", "--quiet", "--detach", commit.id)
    project = top / commit.prefix
    _check_out_data(top, project)
    # The cache of the committed configuration may be shared with others. The clone has its own.
    _set_cache(top, project, None)
    return project


def _check_out_data(top: Path, project: Path) -> None:
    """Take data of `dvc add` and `dvc import` from the user's cache: they are not results."""
    tracked = _git("-C", str(project), "ls-files", "*.dvc").splitlines()
    if not tracked:
        return
    cache = subprocess.run([*DVC, "cache", "dir"], capture_output=True, text=True, check=True)
    _set_cache(top, project, cache.stdout.strip())
    done = subprocess.run(
        [*DVC, "checkout", *tracked], cwd=project, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CheckError(
            f"The cache does not have {', '.join(tracked)}. Run `dvc pull` first. "
            f"DVC says: {one_line(done.stderr)}"
        )


def _set_cache(top: Path, project: Path, cache: str | None) -> None:
    """Set the cache of each DVC repository around the project; None: inside the repository."""
    for folder in (project, *project.parents):
        if (folder / ".dvc").is_dir():
            used = cache or folder / ".dvc/cache"
            config = f"[cache]\n    dir = {used}\n    type = copy\n"
            (folder / ".dvc/config.local").write_text(config)
        if folder == top:
            break


def _git(*arguments: str) -> str:
    try:
        return git(*arguments)
    except RunError as error:
        raise CheckError(str(error)) from None
