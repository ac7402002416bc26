"""A project is made as a whole or not at all, and nothing is replaced."""

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import odd_table
import pictures
from import_graph import ROOT
from secateur.command.app import app
from secateur.core.errors import InputError
from secateur.project import making


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "t")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "t@example.com")
    return tmp_path


def init(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["init", *arguments])


def git(*arguments: str, cwd: str = "p") -> str:
    return subprocess.run(
        ["git", *arguments], cwd=cwd, capture_output=True, text=True, check=True
    ).stdout


def test_a_project_has_the_pipeline_git_dvc_and_the_data() -> None:
    odd_table.write(Path("odd.csv"))
    done = init("p", "--data", "odd.csv", "--target", "label")
    assert done.exit_code == 0, done.output
    assert "left out: id" in done.stdout
    assert "cd p && make repro" in done.stdout
    assert Path("p/data/odd.csv").read_bytes() == Path("odd.csv").read_bytes()
    listing = set(git("ls-files").split())
    assert {
        "params.yaml", "dvc.yaml", "stages/split.py", "pipeline.mk", "Makefile", "README.md",
        "data/odd.csv", ".dvc/config", "requirements.lock", "src/dvc_verify/gate.py",
    } < listing  # fmt: skip
    assert not [p for p in listing if p.startswith(("tests/", "docs/", "benchmarks/"))]
    assert {p for p in listing if p.startswith("metrics/")} == {
        "metrics/devices/README.md", "metrics/searches/README.md",
    }  # fmt: skip
    assert "limits.yaml" not in listing  # the first run writes it
    pipeline = set(git("ls-files", "src", "stages", cwd=str(ROOT)).split())
    assert pipeline <= listing
    assert git("status", "--porcelain") == ""
    assert len(git("log", "--oneline").splitlines()) == 1
    assert making.read_answers(Path("p"))["_commit"] == making.checkout()[1]
    help_ = subprocess.run(["make", "-C", "p"], capture_output=True, text=True, check=True).stdout
    assert "make repro" in help_
    assert "make test" not in help_


def test_a_folder_is_kept_by_dvc() -> None:
    pictures.folder(Path("pets"), {"cat": 5, "dog": 5})
    done = init("p", "--data", "pets")
    assert done.exit_code == 0, done.output
    assert "data/pets.dvc" in git("ls-files")
    assert "data/pets/cat/0.png" not in git("ls-files")
    assert Path("p/data/pets/cat/0.png").exists()
    assert git("status", "--porcelain") == ""


def test_a_dry_run_shows_the_file_and_writes_nothing() -> None:
    odd_table.write(Path("odd.csv"))
    done = init("p", "--data", "odd.csv", "--target", "label", "--dry-run")
    assert done.exit_code == 0
    assert "\ntask: binary" in done.stdout
    assert [*Path().iterdir()] == [Path("odd.csv")]


def test_nothing_is_replaced_and_what_fails_leaves_nothing() -> None:
    odd_table.write(Path("odd.csv"))
    Path("p").mkdir()
    Path("p/mine.txt").write_text("mine")
    Path("repository").mkdir()
    git("init", "--quiet", cwd="repository")
    Path("file").write_text("")
    for folder, words in (
        ("p", "holds files"),
        ("file", "no folder"),
        ("none/p", "no such folder"),
        ("repository/p", "Git repository"),
    ):
        done = init(folder, "--data", "odd.csv", "--target", "label")
        assert done.exit_code == 1
        assert words in done.stderr
    for arguments, words in (
        (["--data", "odd.csv", "--target", "lable"], "did you mean 'label'"),
        (["--data", "missing.csv"], "missing.csv"),
        (["--data", "odd.csv"], "--target: missing"),
        ([], "--data: missing"),
        (["--data", "odd.csv", "--target", "label", "--model", "no.h5"], "no.h5"),
    ):
        done = init("new", *arguments)
        assert done.exit_code == 1
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    assert {path.name for path in Path().iterdir()} == {"odd.csv", "p", "repository", "file"}
    assert Path("p/mine.txt").read_text() == "mine"


def test_parameters_that_cannot_work_leave_nothing() -> None:
    odd_table.write(Path("odd.csv"))
    with pytest.raises(InputError, match=r"params\.yaml"):
        making.make(Path("p"), "seeds: [1]\n", Path("odd.csv"), "data/odd.csv", None, None)
    assert [*Path().iterdir()] == [Path("odd.csv")]


def test_a_project_inside_its_data_is_refused() -> None:
    pictures.folder(Path("pets"), {"cat": 5, "dog": 5})
    Path("link").symlink_to("pets")
    for folder, data in (("pets/p", "pets"), ("link/p", "pets"), ("pets/cat/p", "link")):
        for more in ([], ["--dry-run"]):
            done = init(folder, "--data", data, *more)
            assert done.exit_code == 1
            assert "outside" in done.stderr
    assert len([*Path("pets").rglob("*")]) == 12


def test_names_that_the_pipeline_uses_and_names_that_a_shell_splits() -> None:
    pictures.folder(Path("split"), {"cat": 5, "dog": 5})
    Path("split/.hidden").symlink_to("..")  # leads in a circle
    done = init("a b", "--data", "split")
    assert done.exit_code == 0, done.output
    assert "cd 'a b' && make repro" in done.stdout
    assert "data/own_split.dvc" in git("ls-files", cwd="a b")
    assert not Path("a b/data/own_split/.hidden").exists()


def test_gits_variables_of_another_repository_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("other").mkdir()
    git("init", "--quiet", cwd="other")
    monkeypatch.setenv("GIT_DIR", str(Path("other/.git").resolve()))
    odd_table.write(Path("odd.csv"))
    done = init("p", "--data", "odd.csv", "--target", "label")
    assert done.exit_code == 0, done.output
    monkeypatch.delenv("GIT_DIR", raising=False)
    assert git("status", "--porcelain", cwd="other") == ""
    assert "params.yaml" in git("ls-files")


def test_advice_is_given_in_terms_of_the_command() -> None:
    odd_table.write(Path("odd.csv"))
    done = init("p", "--data", "odd.csv", "--target", "label", "--task", "regression")
    assert "give --task binary" in done.stderr
    Path("nohead.csv").write_text("".join(f"{i / 7},{i % 2}\n" for i in range(40)))
    done = init("p", "--data", "nohead.csv", "--target", "y")
    assert "--set data.header" in done.stderr
    done = init("p", "--data", "nohead.csv", "--target", "y", "--set", "data.header=[a, y]",
                "--dry-run")  # fmt: skip
    assert '\n  header: [a, "y"]  # as asked\n' in done.stdout
