"""What `secateur publish` does: a version of the recommended model, as a Git tag of GTO's."""

import re
from pathlib import Path

from dvc_parallel import plan
from dvc_parallel.errors import RunError
from dvc_parallel.git import git
from secateur.artifacts import PUBLISHED, SHIP
from secateur.command import ship
from secateur.core.errors import InputError, one_line

ARTIFACT = "model"  # its name in `dvc.yaml`
VERSION = re.compile(r"v?(\d+\.\d+\.\d+)")


def publish(version: str, message: str | None = None) -> list[str]:
    """Register the present commit's recommended model, and return what to say.

    Raises:
        InputError: the version is none or not above the last one, nothing is recommended, or the
            commit does not hold the results.
    """
    matched = VERSION.fullmatch(version)
    if not matched:
        raise InputError(f"VERSION {version}: must be three numbers, such as 1.0.0")
    name = ship.read().recommended
    if name is None:
        raise InputError(f"{SHIP}: recommends no model, and metrics/report.md says why")
    _check_commit()
    top = Path(git("rev-parse", "--show-toplevel"))
    inside = Path.cwd().resolve().relative_to(top.resolve()).as_posix()
    artifact = ARTIFACT if inside == "." else f"{inside}:{ARTIFACT}"
    _check_remote()
    _check_above(artifact, matched[1])
    tag = _register(top, artifact, f"v{matched[1]}", message or f"{name}, {version}")
    return [
        f"{tag}: {name}, in {PUBLISHED}",
        f"next: `dvc push {PUBLISHED}`, then `git push origin HEAD {tag}`; then elsewhere "
        f"`dvc artifacts get URL {artifact} --rev v{matched[1]}` brings it",
    ]


def _check_commit() -> None:
    """Raise InputError unless everything is committed, and the results are those of the commit."""
    try:
        changed = git("status", "--porcelain", "--untracked-files=no")
        stale = plan.read().to_run()
    except RunError as error:
        raise InputError(str(error)) from None
    if changed:
        path = changed.splitlines()[0][3:]
        raise InputError(f"{path}: differs from the last commit; commit it first")
    if stale:
        raise InputError(
            f"{stale[0]}: has changed since its results were made; `secateur repro`, and commit"
        )
    if not (PUBLISHED / "README.md").exists():
        raise InputError(f"{PUBLISHED}: not found; `dvc checkout` or `secateur repro` brings it")


def _check_remote() -> None:
    """Raise InputError unless the commit says where its files lie: nobody could get them."""
    try:
        text = git("show", "HEAD:./.dvc/config")
    except RunError:  # DVC's folder is not in the commit
        text = ""
    if not re.search(r"^\s*remote\s*=", text, re.MULTILINE):
        raise InputError(
            ".dvc/config: names no default remote, so nobody could get this version; "
            "`dvc remote add --default NAME URL`, commit .dvc/config, and publish again"
        )


def _check_above(artifact: str, version: str) -> None:
    """Raise InputError unless a version is above all that are registered; GTO takes any."""
    before = f"{artifact.replace(':', '=')}@v"  # as GTO spells it in a tag
    tags = git("tag", "--list", f"{before}*").splitlines()
    known = [found[1] for tag in tags if (found := VERSION.fullmatch(tag.removeprefix(before)))]
    last = max(known, key=_numbers, default=None)
    if last is not None and _numbers(version) <= _numbers(last):
        raise InputError(f"VERSION {version}: must be above the last one, {last}")


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


def _register(top: Path, artifact: str, version: str, message: str) -> str:
    from gto import api  # takes a moment to import
    from gto.exceptions import GTOException

    try:
        found = api.register(top, artifact, "HEAD", version, message, stdout=False)
    except GTOException as error:
        raise InputError(f"VERSION {version}: {one_line(error)}") from None
    return str(found.tag)
