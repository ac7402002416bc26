"""Brings a later version's pipeline into a project; what is the user's stays."""

import subprocess
import tempfile
from pathlib import Path

from secateur.core.errors import InputError, one_line
from secateur.project import making

CONFLICT = "<<<<<<< before updating"


def update(source: str | None) -> list[str]:
    """Merge the newest pipeline of `source` into the current folder; return what a user is told.

    `source` is a checkout of Secateur or its Git address; None: where the project came from. Files
    that the user has changed keep her changes; where both have changed the same lines, both stand
    there, with Git's marks.

    Raises:
        InputError: this is no project, or has changes that are not committed; or there is no such
            source, or it does not know the version that the project has.
    """
    making.forget_git()
    here = Path()
    answers = making.read_answers(here)
    if making.git("status", "--porcelain", cwd=here).stdout.strip():
        raise InputError(
            "the project has changes that are not committed, and an update could not be undone; "
            "commit them first: git add -A && git commit"
        )
    if source is not None and Path(source).is_dir():
        source = str(Path(source).resolve())
    origin = source if source is not None else str(answers["_src_path"])
    old, new = str(answers["_commit"]), _newest(origin)
    if old == new:
        return [f"{origin}: nothing newer than {old[:12]}"]
    changed_there, removed_there = _changed(origin, old)
    gone = [name for name in changed_there if not Path(name).exists() and _had(name)]
    own = {name: Path(name).read_bytes() for name in _edited(removed_there)}
    if source is not None and source != answers["_src_path"]:
        making.write_answers(here, source, old)
        making.git("commit", "--all", "--quiet", "--message", f"The pipeline is that of {source}",
                   cwd=here)  # fmt: skip
    _merge(origin, new)
    making.write_answers(here, origin, new)
    for name, content in own.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(content)
    names = making.git("status", "--porcelain", "--untracked-files=all", cwd=here).stdout
    changed = [Path(line[3:].strip('"')) for line in names.splitlines()]
    conflicts = [str(path) for path in changed if _has_conflict(path)]
    said = [f"{origin}: {old[:12]} to {new[:12]}, {len(changed)} files changed; see `git diff`"]
    if conflicts:
        said.append(
            f"both you and the new version changed the same lines of {', '.join(conflicts)}: edit "
            f"what stands between {CONFLICT!r} and '>>>>>>> after updating'"
        )
    if own:
        said.append(
            f"kept, as you changed them, though the new version has no such files (renamed, or "
            f"gone): {', '.join(own)}; move your changes, then delete them"
        )
    if gone:
        said.append(
            f"not brought, as you deleted or renamed them here: what has changed in "
            f"{', '.join(gone)}"
        )
    return [*said, "next: make repro, then commit all"]


def _newest(source: str) -> str:
    done = making.git("ls-remote", source, "HEAD", cwd=Path(), check=False)
    if done.returncode or not done.stdout.strip():
        reason = one_line(ValueError(done.stderr)) or "has no commit"
        raise InputError(
            f"{source}: cannot be read: {reason}; --from takes a checkout of Secateur or its "
            "Git address"
        )
    return done.stdout.split()[0]


def _changed(source: str, commit: str) -> tuple[list[str], dict[str, bytes]]:
    """Return the files that the newest version has changed since the one that the project has.

    Beside their names, the content of those that it has removed or renamed.

    Raises:
        InputError: the source does not have the project's version.
    """
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        making.git("clone", "--quiet", "--bare", source, str(clone), cwd=Path())
        known = making.git("cat-file", "-e", f"{commit}^{{commit}}", cwd=clone, check=False)
        listing = making.git("show", "HEAD:copier.yml", cwd=clone, check=False)
        if known.returncode or listing.returncode:
            what = "has no copier.yml" if listing.returncode else f"does not know {commit[:12]}"
            raise InputError(
                f"{source}: {what}, from which this project was made; --from takes a checkout of "
                "Secateur or its Git address"
            )
        found = []
        for kind in "MD":
            names = making.git(
                "diff", "--name-only", "--no-renames", f"--diff-filter={kind}", "-z", commit,
                "HEAD", cwd=clone,
            ).stdout  # fmt: skip
            found.append([name for name in names.split("\0") if name])
        removed = {
            name: subprocess.run(
                ["git", "show", f"{commit}:{name}"], cwd=clone, capture_output=True, check=True
            ).stdout
            for name in found[1]
        }
    return found[0], removed


def _edited(removed: dict[str, bytes]) -> list[str]:
    """Return the files among those, with their earlier content, that the user has changed."""
    there = [name for name in removed if Path(name).is_file()]
    return [name for name in there if Path(name).read_bytes() != removed[name]]


def _had(name: str) -> bool:
    """Whether the project once had a file."""
    found = making.git("log", "--format=%h", "-1", "--", name, cwd=Path())
    return bool(found.stdout.strip())


def _merge(source: str, commit: str) -> None:
    import copier  # it takes half a second
    from copier.errors import CopierError

    try:
        copier.run_update(
            Path(), vcs_ref=commit, quiet=True, defaults=True, overwrite=True,
            conflict="inline", skip_answered=True, answers_file=making.ANSWERS.name,
        )  # fmt: skip
    except (CopierError, OSError, ValueError, subprocess.SubprocessError) as error:
        raise InputError(f"{source}: cannot be merged: {one_line(error)}") from None


def _has_conflict(path: Path) -> bool:
    try:
        return CONFLICT in path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
