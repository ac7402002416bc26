"""The state of a repository, uncommitted changes included, as a commit that no branch holds.

New objects go into a folder of the run. Git's own object store stays as it is.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from dvc_parallel.errors import RunError
from dvc_parallel.git import clean_environment, git

# The same content gives the same commit, on every machine and at any time.
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "snapshot"), ("EMAIL", ""), ("DATE", "2000-01-01T00:00:00Z"))
}


@dataclass(frozen=True)
class Store:
    """A repository whose snapshots are made in `folder`."""

    top: Path  # of the repository
    folder: Path
    objects: Path  # the repository's own

    def git(self, *arguments: str, index: Path | None = None) -> str:
        """Run git and return what it prints; new objects go into `folder`.

        Raises:
            RunError: git failed.
        """
        env = {
            **clean_environment(),
            **IDENTITY,
            "GIT_OBJECT_DIRECTORY": str(self.folder / "objects"),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(self.objects),
        }
        if index:
            env["GIT_INDEX_FILE"] = str(index)
        return git("-C", str(self.top), *arguments, env=env)

    def commit(self) -> str:
        """A commit, without a parent, of all tracked files as they are in the work tree.

        Each `dvc.lock` counts as tracked: it says what all that is made follows from.
        """
        index, own = self.folder / "index", self.git("rev-parse", "--git-path", "index")
        if (self.top / own).exists():
            shutil.copy(self.top / own, index)
        self.git("-c", "core.fsmonitor=false", "add", "--update", "--", ":/", index=index)
        locks = self.git(
            "ls-files", "--others", "--exclude-standard", "-z", "--", ":(top,glob)**/dvc.lock",
            index=index,
        )  # fmt: skip
        if new := [f":/{name}" for name in locks.split("\0") if name]:
            self.git("-c", "core.fsmonitor=false", "add", "--", *new, index=index)
        tree = self.git("write-tree", index=index)
        index.unlink(missing_ok=True)
        return self.git("commit-tree", tree, "-m", "snapshot")

    def bundle(self, commits: list[str]) -> bytes:
        """The commits and their files in one file; no history, and nothing untracked."""
        bare, path = self.folder / "bundle.git", self.folder / "bundle"
        git("init", "--quiet", "--bare", str(bare))
        (bare / "objects/info").mkdir(parents=True, exist_ok=True)
        (bare / "objects/info/alternates").write_text(
            f"{self.folder / 'objects'}\n{self.objects}\n"
        )
        for number, commit in enumerate(commits):
            git("-C", str(bare), "update-ref", f"refs/heads/{number}", commit)
        git("-C", str(bare), "bundle", "create", "--quiet", str(path), "--all")
        shutil.rmtree(bare)
        content = path.read_bytes()
        path.unlink()
        return content

    def blobs(self, commit: str, project: Path) -> dict[str, str]:
        """The hash of each file and folder of a commit, by path in the project."""
        prefix = project.resolve().relative_to(self.top.resolve()).as_posix()
        tree = f"{commit}:{'' if prefix == '.' else prefix}"
        found = {}
        for line in filter(None, self.git("ls-tree", "-r", "-t", "-z", tree).split("\0")):
            what, _, path = line.partition("\t")
            found[path] = what.split()[2]
        return found

    def submodules(self, commit: str) -> set[str]:
        """The paths of a commit's Git submodules, relative to the repository's top."""
        lines = filter(None, self.git("ls-tree", "-r", "-z", commit).split("\0"))
        return {line.partition("\t")[2] for line in lines if line.startswith("160000 ")}


def open_store(project: Path, folder: Path) -> Store:
    """A store in `folder` for the repository of `project`.

    Raises:
        RunError: there is none.
    """
    try:
        top = Path(git("-C", str(project), "rev-parse", "--show-toplevel"))
    except RunError as error:
        raise RunError(f"{project}: not in a Git repository, which clones need ({error})") from None
    objects = Path(git("-C", str(top), "rev-parse", "--git-path", "objects"))
    (folder / "objects").mkdir(parents=True)
    return Store(top, folder, (top / objects).resolve())
