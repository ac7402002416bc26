"""Calling Git."""

import os
import subprocess

from secateur.parallel.errors import RunError


def clean_environment() -> dict[str, str]:
    """Without the variables that Git sets for hooks, which point into another repository."""
    return {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}


def git(*arguments: str, env: dict[str, str] | None = None) -> str:
    """What git prints; raises RunError with its message where it fails."""
    try:
        done = subprocess.run(
            ["git", *arguments], env=env or clean_environment(), check=False,
            capture_output=True, encoding="utf-8", errors="surrogateescape",
        )  # fmt: skip
    except OSError as error:
        raise RunError(f"git cannot be run: {error}") from None
    if done.returncode:
        words = " ".join(done.stderr.split())
        raise RunError(f"git {' '.join(arguments)[:80]}: {words}")
    return done.stdout.rstrip("\n")
