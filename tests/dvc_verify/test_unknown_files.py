"""A file at an output's path that nobody else has is found before DVC removes it."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from dvc_verify import unknown_files
from verify_project import STAGES, Project


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def test_what_dvc_or_git_has_is_no_loss(project: Project) -> None:
    assert unknown_files.find() == []
    project.write("model.txt", "333!")  # other content, but data.txt's hash is no longer known
    assert unknown_files.find() == ["model.txt"]
    project.write("model.txt", "777")  # data.txt's, in the cache
    assert unknown_files.find() == []
    project.write("score.json", "{}")  # Git tracks it, and has other content
    assert unknown_files.find() == ["score.json"]
    project.run("git", "add", "score.json")
    assert unknown_files.find() == []
    project.write("score.json", "{\n<<<<<<< HEAD\n}")  # of a merge, whose sides Git has
    assert unknown_files.find() == []


def test_a_killed_stages_own_output_is_known_by_its_content(project: Project) -> None:
    project.write("model.txt", "half a run")
    assert unknown_files.find() == ["model.txt"]
    assert unknown_files.find([md5("half a run")]) == []


def test_before_the_first_run_nothing_is_in_the_lock(project: Project) -> None:
    (project.folder / "dvc.lock").unlink()
    assert unknown_files.find() == []  # the cache has it
    project.write("data.txt", "mine")
    project.write("score.json.partial", "mine, but nothing of a stage")
    assert unknown_files.find() == ["data.txt"]


def test_a_metrics_file_that_git_does_not_track_is_one(project: Project) -> None:
    project.run("git", "rm", "-q", "--cached", "score.json")
    assert unknown_files.find() == []  # as the run left it
    project.write("score.json", "mine")
    assert unknown_files.find() == ["score.json"]


def folders(project: Project) -> None:
    """Outputs are folders, one for each item."""
    stages: dict[str, Any] = {
        **STAGES,
        "each": {"foreach": ["a", "b"], "do": {
            "cmd": "mkdir -p made/${item} && cp draw.py made/${item}/",
            "deps": ["draw.py"], "outs": ["made/${item}"],
        }},
    }  # fmt: skip
    project.write_stages(stages)
    project.write(".gitignore", "/data.txt\n/model.txt\n/made\n")


def test_a_users_file_in_a_folder_of_a_stage_is_found_and_the_stages_own_are_not(
    project: Project,
) -> None:
    folders(project)
    Path("made/a/deep").mkdir(parents=True)
    project.write("made/a/deep/mine.h5", "mine")
    project.write("made/mine.h5", "beside the outputs")
    assert unknown_files.find() == ["made/a/deep/mine.h5"]
    (project.folder / "made/a/deep/mine.h5").unlink()
    (project.folder / "made/a/deep").rmdir()
    project.run("dvc", "repro", "-q")
    assert unknown_files.find() == []
    project.write("made/b/mine.h5", "mine")
    project.write("made/b/.x.123.partial", "of a killed stage")
    assert unknown_files.find() == ["made/b/mine.h5"]
    assert unknown_files.find([md5("mine")]) == []


def test_a_link_is_a_file_of_the_users_own(project: Project) -> None:
    project.write("mine", "mine")
    Path("model.txt").unlink()
    Path("model.txt").symlink_to(project.folder / "mine")
    assert unknown_files.find() == ["model.txt"]
    Path("model.txt").unlink()
    Path("model.txt").symlink_to(project.folder / "nowhere")
    assert unknown_files.find() in ([], ["model.txt"])  # there is nothing to lose


@pytest.mark.parametrize("text", ["", "{", "stages: 3", "stages: {a: 1}", "[]"])
def test_a_project_that_dvc_cannot_read_has_none(project: Project, text: str) -> None:
    project.write("dvc.yaml", text)
    assert unknown_files.find() == []


def test_a_cache_elsewhere_is_looked_into(project: Project, tmp_path: Path) -> None:
    project.run("dvc", "config", "--local", "cache.dir", str(tmp_path / "cache"))
    project.write("model.txt", "other")
    assert unknown_files.find() == ["model.txt"]
    project.write("model.txt", "777")
    assert unknown_files.find() == ["model.txt"]  # the new cache is empty
    (tmp_path / "cache/files/md5" / md5("777")[:2]).mkdir(parents=True)
    (tmp_path / "cache/files/md5" / md5("777")[:2] / md5("777")[2:]).write_text("777")
    assert unknown_files.find() == []


@pytest.mark.parametrize(
    ("path", "output"),
    [
        ("model.txt", "model.txt"),
        ("score.json", "score.json"),
        ("made/a/firmware", "made/${item}"),
        ("made/firmware", "made/${item}"),  # what reads the folder reads it too
        ("made/../made/b", "made/${item}"),
        ("linked/firmware", "made/${item}"),
        ("score.json2", None),
        ("made2", None),
        ("firmware", None),
        (".", None),
        ("../firmware", None),
    ],
)
def test_the_output_that_owns_a_path_is_known(
    project: Project, path: str, output: str | None
) -> None:
    folders(project)
    (project.folder / "linked").symlink_to("made")
    assert unknown_files.owner(Path(path)) == output
    assert unknown_files.owner(Path.cwd() / path) == output
    (project.folder / "dvc.yaml").unlink()
    assert unknown_files.owner(Path(path)) is None
