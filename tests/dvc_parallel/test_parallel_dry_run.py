"""`repro --dry-run` says what `dvc repro` then does, and writes nothing."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from dvc_internals import Change, describe, repro_order
from dvc_parallel import dry_run, plan
from dvc_parallel.dry_run import Expected
from dvc_parallel.options import Options
from dvc_parallel.reasons import reasons
from dvc_parallel.seconds import keep_seconds
from dvc_projects import DEEP, DIAMOND, FOREACH, MATRIX, UNCACHED, WORKING_FOLDER, Make, Project
from dvc_projects import step as stage
from project import Repository

SHAPES = DEEP | DIAMOND | FOREACH | MATRIX | UNCACHED | WORKING_FOLDER | stage("data", "data.csv")
del SHAPES["after"]  # what reads the output of `always` may run each time
SHAPES["kept"] = {**SHAPES["kept"], "deps": ["third.txt"], "cmd": "cp third.txt kept.txt"}
ALL = {"run", "may run"}
CONSTANT = {"both", "score"}  # what they read is the same whatever `source.txt` says


def forecast(
    project: Project, monkeypatch: pytest.MonkeyPatch, *targets: str
) -> dict[str, Expected]:
    monkeypatch.chdir(project.folder)
    before = project.files()
    with plan.opened() as repo:
        found = dry_run.forecast(repo, targets)
    assert project.files() == before
    return found


def named(found: dict[str, Expected], *hows: str) -> set[str]:
    return {name for name, what in found.items() if what.how in hows}


def ran(output: str) -> tuple[set[str], set[str]]:
    """What a `dvc repro` ran, and what it restored."""
    restored = set(re.findall(r"Stage '(.*?)' is cached", output))
    return set(re.findall(r"Running stage '(.*?)'", output)), restored


def both(*changes: Callable[[Project], None]) -> Callable[[Project], None]:
    return lambda project: ([change(project) for change in changes], None)[1]


def edit(name: str, text: str) -> Callable[[Project], None]:
    return lambda project: project.write(name, text)


def delete(*names: str) -> Callable[[Project], None]:
    return lambda project: (project.run("rm", "-r", *names), None)[1]


def change_command(name: str, more: str) -> Callable[[Project], None]:
    changed = {name: {**SHAPES[name], "cmd": f"{SHAPES[name]['cmd']}; {more}"}}
    return lambda project: project.write_stages(SHAPES | changed)


def lose_from_the_cache(name: str) -> Callable[[Project], None]:
    def lose(project: Project) -> None:
        digest = project.run("md5sum", name).split()[0]
        project.run("rm", "-f", name, f".dvc/cache/files/md5/{digest[:2]}/{digest[2:]}")

    return lose


# Each in the state that the one before has left; and whether what runs gives other outputs.
STEPS: list[tuple[str, Callable[[Project], None], bool]] = [
    ("new", lambda project: None, True),
    ("source", edit("source.txt", "edited\n"), True),
    ("as before", edit("source.txt", "source\n"), True),
    ("parameter", edit("params.yaml", "rate: 2\nwords: [one, two, four]\n"), False),
    ("output", both(delete("top.txt", "sub/many", "score.json"), edit("left.txt", "mine\n")), True),
    ("lost", both(lose_from_the_cache("second.txt"), change_command("left", "true")), False),
    ("data", both(change_command("top", "echo more >> top.txt"), edit("data.csv", "2\n")), True),
    ("nothing", lambda project: None, True),
]


def test_says_what_dvc_repro_then_does(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make(SHAPES)
    project.write("data.csv", "1\n")
    project.run("dvc", "add", "-q", "data.csv")
    for name, change, differs in STEPS:
        change(project)
        found = forecast(project, monkeypatch)
        done, restored = ran(project.run("dvc", "repro"))
        assert named(found, "run") <= done, (name, found, done)
        assert done <= named(found, *ALL), (name, found, done)
        # What is restored after a stage that ran is not known before.
        assert named(found, "restored") <= restored, (name, found, restored)
        if differs:
            expected = named(found, *ALL, "restored") - CONSTANT
            assert (done | restored) - CONSTANT == expected, (name, found, done, restored)
        assert list(found) == [one for one in list_stages(project, monkeypatch) if one in found]


def list_stages(project: Project, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(project.folder)
    return list(plan.read().nodes)


def test_what_is_missing_and_cannot_be_made_fails(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make(
        stage("data", "data.csv") | stage("next", "data.txt") | stage("other", "source.txt")
    )
    project.write("data.csv", "1\n")
    project.run("dvc", "add", "-q", "data.csv")
    project.run("dvc", "repro", "-q")
    project.run("rm", "data.csv")
    found = forecast(project, monkeypatch)
    assert {name: what.how for name, what in found.items()} == dict.fromkeys(
        ("data.csv.dvc", "data", "next"), "fail"
    )
    project.run("dvc", "repro", "--keep-going", status=255)


def test_says_why_and_how_long(
    make: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rate = {"cmd": "grep rate params.yaml > rate.txt", "params": ["rate", "words"]}
    project = make(DIAMOND | {"rate": {**rate, "outs": ["rate.txt"]}} | stage("next", "rate.txt"))
    project.repro()
    monkeypatch.chdir(project.folder)
    keep_seconds(project.folder, {"rate": 40.0, "next": 30.0, "left": 7.0})
    project.write("params.yaml", "rate: 2\nwords: [one, two]\n")
    project.write_stages(
        DIAMOND
        | {"left": {**DIAMOND["left"], "cmd": "cat top.txt top.txt > left.txt"}}
        | {"rate": {**rate, "outs": ["rate.txt"]}}
        | stage("next", "rate.txt")
    )
    project.run("rm", "right.txt")
    capsys.readouterr()
    assert dry_run.run(Options(jobs=2)) == 0
    lines = dict(
        line.split(": ", 1) for line in capsys.readouterr().out.splitlines() if ": " in line
    )
    assert lines["left"] == "runs, about 7.0 s: its command changed"
    assert "params.yaml: rate 1 → 2; params.yaml: words ['one'" in lines["rate"]
    assert lines["right"].startswith("restored from the cache: ")
    assert lines["bottom"].startswith("may run, time unknown: if left.txt changes (left ")
    assert "top" not in lines
    assert lines["what runs"] == "about 40.0 s by the last run, 2 at once"
    assert (
        lines["all that may run"] == "about 1:10 by the last run, 2 at once, and 1 of unknown time"
    )
    assert dry_run.run(Options(targets=("top",))) == 0
    assert capsys.readouterr().out == "nothing to run: everything is up to date\n"


def test_a_parameter_is_named_at_the_deepest_level() -> None:
    old = {"recipes": {"a": {"epochs": 3, "x": [1]}, "b": 1}, "same": None}
    new = {"recipes": {"a": {"epochs": 4, "x": [1, 2]}, "c": 1}, "same": None}
    assert reasons(Change("parameters", "params.yaml", "modified", old, new)) == [
        "params.yaml: recipes.a.epochs 3 → 4",
        "params.yaml: recipes.a.x [1] → [1, 2]",
        "params.yaml: recipes.b 1 → (none)",
        "params.yaml: recipes.c (none) → 1",
    ]


def test_this_project_before_anything_ran(
    make_repository: Callable[..., Repository],
    params: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every stage is new, in an order that respects what each reads."""
    project = make_repository("new", params)
    monkeypatch.chdir(project.folder)
    before = project.git("status", "--short", "--ignored")
    done = project.run("python", "-m", "secateur", "repro", "--dry-run")
    lines = [line.split(": ", 1)[0] for line in done.splitlines() if ": runs, " in line]
    with plan.opened() as repo:
        assert lines == [one.addressing for one in map(describe, order(repo))]
    assert lines[0] == "check_params"
    assert {f"prune@{name}" for name in params["recipes"]} < set(lines)
    assert project.git("status", "--short", "--ignored") in (before, before + "!! .dvc/tmp/\n")
    assert not (project.folder / "dvc.lock").exists()


def order(repo: Any) -> list[Any]:
    return [raw for raw, _ in repro_order(repo, [], all_pipelines=False)]
