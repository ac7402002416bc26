"""Are the committed results what the committed code really produces?

    python -m secateur.ci.verify [--seed N] [--tolerance X] [--lock-only]

Clones the current commit, reproduces every stage from nothing under conditions that must not
matter, and compares. Works in any DVC project in a Git repository.

Exit status: 0 identical; 1 something differs; 2 it could not be checked.
"""

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

from secateur import files
from secateur.ci import differences, findings, lock, variations
from secateur.ci.lock import NotChecked
from secateur.parallel.errors import RunError
from secateur.parallel.git import git


def main(arguments: list[str] | None = None) -> int:
    """Check, report, and return the exit status."""
    options = _options(arguments)
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.default_int_handler)
    try:
        return verify(options.seed, options.tolerance, lock_only=options.lock_only)
    except NotChecked as why:
        print(f"verify: not checked: {why}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nverify: not checked: interrupted", file=sys.stderr)
    except Exception:  # a bug of ours must not look like a difference
        traceback.print_exc()
    return 2


def verify(seed: int, tolerance: float | None, *, lock_only: bool) -> int:
    """Check the project in the current folder.

    Raises:
        NotChecked: that is not possible.
    """
    commit, prefix = _committed()
    conditions = variations.draw(seed)
    with tempfile.TemporaryDirectory(prefix="secateur-verify-") as temporary:
        top = Path(temporary).resolve() / "work" / conditions.folder
        _git("clone", "--quiet", "--no-checkout", _git("rev-parse", "--show-toplevel"), str(top))
        _git("-C", str(top), "checkout", "--quiet", "--detach", commit)
        project = top / prefix
        _take_data(top, project)
        _use_cache(top, project)
        pipeline, committed = lock.read_fresh(project)
        print(f"verify: dvc.lock is of the code and parameters of commit {commit[:12]}")
        if lock_only:
            return 0
        findings.compare_environments(project)
        print(f"verify: reproducing in {conditions}; the same again: --seed {seed}\n", flush=True)
        before = {path: _content(project / path) for path in sorted(pipeline.in_git)}
        figures = {path: findings.read_metrics(project / path) for path in sorted(pipeline.metrics)}
        for path in pipeline.outs:  # nothing is taken from them
            files.remove(project / path)
        _reproduce(project, conditions, Path(temporary))
        in_git = {path: (before[path], _content(project / path)) for path in before}
        outputs = differences.outputs(committed, lock.read(project, pipeline.folders), in_git)
        metrics = []
        for path, old in figures.items():
            # What a clone does not hold differs by its bytes alone: no tolerance for it.
            new = findings.read_metrics(project / path)
            if old is not None or any(output.path == path for output in outputs):
                metrics += differences.metrics(path, old, new)
    return findings.report(outputs, metrics, tolerance)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m secateur.ci.verify",
        description=(__doc__ or "").split("\n")[0],
        epilog="exit status: 0 identical, 1 something differs, 2 it could not be checked",
    )
    parser.add_argument(
        "--seed", type=int, default=random.SystemRandom().randrange(10**6),
        help="repeats the conditions of an earlier check, which printed it",
    )  # fmt: skip
    parser.add_argument(
        "--tolerance", type=tolerance, metavar="X",
        help="compare metrics by value, a relative difference of X allowed; only report bytes",
    )  # fmt: skip
    parser.add_argument(
        "--lock-only", action="store_true", help="only whether dvc.lock is stale, in seconds"
    )
    return parser.parse_args(arguments)


def tolerance(text: str) -> float:
    """The option's value; argparse says which option it is by this function's name."""
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text}: must be at least 0 and under 1")
    return value


def _git(*arguments: str) -> str:
    try:
        return git(*arguments)
    except RunError as error:
        raise NotChecked(str(error)) from None


def _take_data(top: Path, project: Path) -> None:
    """Data that `dvc add` or `dvc import` track are no results: they come from your own cache."""
    tracked = _git("-C", str(project), "ls-files", "*.dvc").splitlines()
    if not tracked:
        return
    dvc = [sys.executable, "-m", "dvc"]
    cache = subprocess.run([*dvc, "cache", "dir"], capture_output=True, text=True, check=True)
    _use_cache(top, project, cache.stdout.strip())
    done = subprocess.run(
        [*dvc, "checkout", *tracked], cwd=project, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotChecked(
            f"{', '.join(tracked)}: not in your cache; run `dvc pull` first: "
            + " ".join(done.stderr.split())[:300]
        )


def _use_cache(top: Path, project: Path, cache: str | None = None) -> None:
    """Use this cache, or one of its own: that of the committed configuration others may share."""
    for folder in (project, *project.parents):
        if (folder / ".dvc").is_dir():
            used = cache or folder / ".dvc/cache"
            config = f"[cache]\n    dir = {used}\n    type = copy\n"
            (folder / ".dvc/config.local").write_text(config)
        if folder == top:
            break


def _committed() -> tuple[str, str]:
    """The current commit, and the current folder's path inside the repository."""
    commit, prefix = _git("rev-parse", "HEAD"), _git("rev-parse", "--show-prefix")
    changed = _git("status", "--porcelain", "--untracked-files=all").splitlines()
    if changed:
        raise NotChecked(
            f"uncommitted changes, {len(changed)} in all; commit or remove them first:\n"
            + "\n".join(changed[:20])
        )
    return commit, prefix


def _content(path: Path) -> str:
    """A hash of a file, or of all files in a folder and their names."""
    if not path.exists():
        return "none"
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    data = [(p.relative_to(path).as_posix(), p.read_bytes()) for p in files]
    content = b"".join(name.encode() + b"\0" + file for name, file in data)
    return hashlib.md5(content if path.is_dir() else data[0][1]).hexdigest()


def _reproduce(project: Path, conditions: variations.Conditions, temporary: Path) -> None:
    (project / "dvc.lock").unlink()
    with subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "--force", "--no-run-cache"],
        cwd=project,
        env=conditions.environment(temporary),
        preexec_fn=conditions.before_exec(),
        start_new_session=True,
    ) as run:
        try:
            status = run.wait()
        except BaseException:
            os.killpg(run.pid, signal.SIGKILL)  # the stage that runs too
            raise
    if status:
        raise NotChecked(f"`dvc repro` ended with status {status}, see above")


if __name__ == "__main__":
    sys.exit(main())
