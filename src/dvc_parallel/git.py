"""Git commands."""

import os
import subprocess

from dvc_parallel.errors import RunError


def clean_environment() -> dict[str, str]:
    """The environment without Git's variables: those of a hook name another repository."""
    return {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}


def git(*arguments: str, env: dict[str, str] | None = None) -> str:
    """Run git and return what it prints; raises RunError with its message where it fails."""
    try:
        done = subprocess.run(
            ["git", *arguments], env=env or clean_environment(), check=False,
            capture_output=True, encoding="utf-8", errors="surrogateescape",
        )  # fmt: skip
    except OSError as error:
        raise RunError(f"git cannot be run: {error}") from None
    if done.returncode:
        message = " ".join(done.stderr.split())
        raise RunError(f"git {' '.join(arguments)[:80]}: {message}")
    return done.stdout.rstrip("\n")


def succeeds(*arguments: str) -> bool:
    """Whether a git command ends without an error."""
    try:
        git(*arguments)
    except RunError:
        return False
    return True
