"""A later version's pipeline comes into a project, and what is the user's stays."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

import odd_table
from import_graph import ROOT
from secateur.core.errors import InputError
from secateur.project import drafted, making, updating


def git(cwd: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=cwd, capture_output=True, text=True, check=True
    ).stdout.strip()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of this repository, from which the project is made."""
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "t")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "t@example.com")
    clone = tmp_path / "secateur"
    git(tmp_path, "clone", "--quiet", str(ROOT), str(clone))
    git(clone, "remote", "remove", "origin")
    return clone


@pytest.fixture
def project(tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    data = odd_table.write(tmp_path / "odd.csv", 60)
    text = drafted.draft(data, "label", None, "data/odd.csv").text
    commit = git(checkout, "rev-parse", "HEAD")
    monkeypatch.setattr(making, "checkout", lambda: (checkout, commit))
    making.make(tmp_path / "p", text, data, "data/odd.csv", None, None)
    monkeypatch.chdir(tmp_path / "p")
    return tmp_path / "p"


def refused(source: Any = None) -> str:
    with pytest.raises(InputError) as error:
        updating.update(source)
    return str(error.value)


def later(checkout: Path) -> None:
    """The next version: a stage with another line, a new module, and one less."""
    edit(checkout / "stages/strip.py", '"""', '"""Later: ')
    edit(checkout / "stages/split.py", '"""', '"""Later: ')
    edit(checkout / "stages/report.py", '"""', '"""Later: ')
    edit(checkout / "README.md", "Secateur", "Secateur, later")  # no project has it
    (checkout / "src/secateur/core/later.py").write_text('"""A module."""\n')
    git(checkout, "rm", "--quiet", "src/secateur/core/seeds.py")
    git(checkout, "mv", "stages/cluster.py", "stages/clusters.py")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "Later")


def test_an_update_brings_the_pipeline_and_keeps_what_is_the_users(
    project: Path, checkout: Path
) -> None:
    assert updating.update(None) == [f"{checkout}: nothing newer than "
                                     f"{git(checkout, 'rev-parse', 'HEAD')[:12]}"]  # fmt: skip
    later(checkout)
    edit(project / "params.yaml", "[0, 1, 2]", "[7]")
    edit(project / "stages/compact.py", '"""', '"""Mine: ')
    edit(project / "stages/split.py", '"""', '"""Mine: ')
    (project / "limits.yaml").write_text("mine\n")
    edit(project / "stages/cluster.py", '"""', '"""Mine: ')
    (project / "stages/report.py").rename(project / "stages/page.py")
    assert "not committed" in refused()
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message", "Mine")
    said = updating.update(None)
    assert any("stages/split.py" in line and "same lines" in line for line in said)
    assert not any("compact" in line for line in said)
    assert any("stages/report.py" in line and "renamed" in line for line in said)
    assert not (project / "stages/report.py").exists()
    assert (project / "stages/page.py").exists()
    assert any("stages/cluster.py" in line and "kept" in line for line in said)
    assert (project / "stages/cluster.py").read_text().startswith('"""Mine: ')
    assert (project / "stages/clusters.py").exists()
    assert (project / "stages/strip.py").read_text().startswith('"""Later: ')
    assert (project / "stages/compact.py").read_text().startswith('"""Mine: ')
    assert (project / "src/secateur/core/later.py").exists()
    assert not (project / "src/secateur/core/seeds.py").exists()
    assert "seeds: [7]" in (project / "params.yaml").read_text()
    assert (project / "limits.yaml").read_text() == "mine\n"
    split = (project / "stages/split.py").read_text()
    assert all(word in split for word in ('"""Mine: ', '"""Later: ', updating.CONFLICT))
    assert making.read_answers(project)["_commit"] == git(checkout, "rev-parse", "HEAD")
    assert (project / "data/odd.csv").exists()


def test_another_source_takes_over_and_a_wrong_one_changes_nothing(
    project: Path, checkout: Path, tmp_path: Path
) -> None:
    other = tmp_path / "moved"
    later(checkout)
    checkout.rename(other)
    before = git(project, "rev-parse", "HEAD")
    assert str(checkout) in refused()
    assert "nowhere" in refused("nowhere")
    strange = tmp_path / "strange"
    strange.mkdir()
    git(strange, "init", "--quiet")
    assert "has no commit" in refused(str(strange))
    git(strange, "commit", "--quiet", "--allow-empty", "--message", "x")
    assert "copier.yml" in refused(str(strange))
    assert git(project, "rev-parse", "HEAD") == before
    assert git(project, "status", "--porcelain") == ""
    updating.update("../moved")
    assert making.read_answers(project)["_src_path"] == str(other)
    assert (project / "stages/strip.py").read_text().startswith('"""Later: ')


def test_a_folder_that_init_has_not_made_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "secateur init" in refused()
