"""`secateur publish` against the real DVC, Git and GTO: a version that others get by its name."""

import filecmp
import json
import subprocess
from pathlib import Path

import pytest

from project import Repository

FILES = ("README.md", "cpu.tflite", "encoding.json")


@pytest.fixture
def recommending(repository: Repository) -> Repository:
    """The tiny trainings recommend nothing; here it is as if they did."""
    path = repository.folder / "metrics/ship.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"recommended": "finetuned"}))
    for name in FILES[1:]:
        (repository.folder / "models/published" / name).write_text(name)
    repository.run("dvc", "commit", "--quiet", "--force", "report")
    repository.run("dvc", "remote", "add", "--quiet", "--default", "here", "../remote")
    repository.run("git", "commit", "-qam", "recommends")
    return repository


@pytest.fixture
def published(recommending: Repository) -> Repository:
    """Version 1.0.0 is published."""
    said = recommending.run("python", "-m", "secateur", "publish", "1.0.0")
    assert "model@v1.0.0: finetuned, in models/published" in said
    assert "git push origin HEAD model@v1.0.0" in said
    return recommending


def refused(repository: Repository, *arguments: str) -> str:
    before = repository.run("git", "tag")
    said = repository.run("python", "-m", "secateur", "publish", *arguments, ok=False)
    assert repository.run("git", "tag") == before
    assert said.startswith("error: ")
    return said


def test_a_version_is_got_by_its_name_elsewhere(published: Repository, tmp_path: Path) -> None:
    published.run("dvc", "push", "--quiet", "models/published")
    clone = tmp_path / "clone"  # it has no cache: only the remote has the files
    subprocess.run(["git", "clone", "--quiet", published.folder, clone], check=True)
    published.run("dvc", "artifacts", "get", str(clone), "model", "--rev", "v1.0.0",
                  "--out", str(tmp_path / "got"))  # fmt: skip
    for name in FILES:
        own = published.folder / "models/published" / name
        assert filecmp.cmp(own, tmp_path / "got" / name, shallow=False)
    assert published.run("git", "cat-file", "-t", "model@v1.0.0") == "tag\n"


def test_a_version_is_above_the_last_one_and_of_another_commit(published: Repository) -> None:
    assert "VERSION v1.1.0: 'model' is already registered in this commit" in refused(
        published, "1.1.0"
    )
    published.run("git", "commit", "--quiet", "--allow-empty", "-m", "more")
    for version in ("1.0.0", "v0.9.0"):
        assert ": must be above the last one, 1.0.0" in refused(published, version)
    for version in ("1.0", "one", "1.0.0-rc1"):
        assert f"VERSION {version}: must be three numbers" in refused(published, version)
    published.run("python", "-m", "secateur", "publish", "v1.1.0", "--message", "smaller")
    assert "smaller" in published.run("git", "cat-file", "-p", "model@v1.1.0")


def test_a_version_that_nobody_could_get_is_not_published(recommending: Repository) -> None:
    recommending.run("dvc", "remote", "remove", "here")
    recommending.run("git", "commit", "-qam", "no remote")
    assert ".dvc/config: names no default remote" in refused(recommending, "1.0.0")


def test_nothing_is_published_where_nothing_is_recommended(repository: Repository) -> None:
    assert "ship.json: recommends no model" in refused(repository, "1.0.0")


def test_what_is_not_committed_or_stale_is_not_published(recommending: Repository) -> None:
    repository = recommending
    params = repository.folder / "params.yaml"
    params.write_text(params.read_text().replace("gzip_level: 9", "gzip_level: 8"))
    assert "params.yaml: differs from the last commit" in refused(repository, "1.0.0")
    repository.run("git", "commit", "-qam", "changed")
    assert "has changed since its results were made; `secateur repro`" in refused(
        repository, "1.0.0"
    )
