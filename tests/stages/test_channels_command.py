"""`secateur channels` on the networks of a real run; it writes nothing."""

import contextlib

import pytest
from typer.testing import CliRunner, Result

from project import Repository
from secateur.command.app import app


def show(project: Repository, *arguments: str) -> Result:
    with contextlib.chdir(project.folder):
        return CliRunner().invoke(app, ["channels", *arguments])


def row(shown: Result) -> list[str]:
    (found,) = [line.split() for line in shown.stdout.splitlines() if line.startswith("hidden_1")]
    return found


def test_it_shows_the_groups_of_a_network_and_what_is_left_whole(pristine: Repository) -> None:
    shown = show(pristine)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert row(shown) == ["hidden_1", "8", "0"]
    assert "left whole: output: it is an output of the network" in shown.stdout


def test_it_shows_what_would_go_and_the_error_without_it(pristine: Repository) -> None:
    asked = ("finetuned", "--seed", "1", "--keep-macs", "0.5", "--score", "l2")
    shown = show(pristine, *asked)
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert row(shown)[3] == "4"
    assert "(50%)" in shown.stdout
    assert "before any training" in shown.stdout
    assert show(pristine, *asked).stdout == shown.stdout


def test_it_shows_a_cost_that_only_a_file_tells(pristine: Repository) -> None:
    shown = show(pristine, "--keep-file-bytes", "0.9", "--score", "l2")
    assert (shown.exit_code, shown.stderr) == (0, "")
    (line,) = [line for line in shown.stdout.splitlines() if line.startswith("file_bytes: ")]
    assert int(row(shown)[3]) < 8
    assert line.endswith("%)")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none"], ["NETWORK none", "baseline", "finetuned"]),
        (["baseline", "--seed", "9"], ["--seed 9", "0, 1"]),
        (["--keep-macs", "1.5"], ["--keep-macs 1.5", "under 1"]),
        (["--keep-macs", "0.5", "--score", "l3"], ["--score 'l3'", "taylor"]),
        (["--keep-cycles", "some"], ["--keep-cycles 'some'", "or budget"]),
        (["--keep-cycles", "budget"], ["--keep-cycles 'budget'", "budget.cycles"]),
        (["--keep-weights", "budget"], ["--keep-weights 'budget'", "share"]),
        (["--keep-macs", "0.001"], ["--keep-macs 0.001", "cannot be below"]),
        (["--keep-macs", "0.5", "--score", "bn_scale"], ["hidden_1", "no batch normalization"]),
    ],
)
def test_what_cannot_be_shown_is_named(
    pristine: Repository, arguments: list[str], words: list[str]
) -> None:
    told = show(pristine, *arguments)
    assert (told.exit_code, told.stdout) == (1, "")
    for word in words:
        assert word in told.stderr
