"""`secateur search --apply`: a recipe is added to `params.yaml`, and nothing else changes there."""

import copy
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from made_up_search import record as made_up
from project import TINY, write_params
from secateur.command import applying, search_told, searching
from secateur.core import files
from secateur.core.errors import InputError
from secateur.search import record
from secateur.search.ranking import Goal
from secateur.search.study import Tried

VALUES = {"recipes.tuned.epochs": 4, "recipes.finetuned.schedule.target_sparsity": 0.75}
TEXT = """\
seeds: [0, 1]  # two

recipes:  # what to do
  a: {start: initial}
  # a comment in it
  b:
    start: a   # spaced
    scope: 'none'

# of the next section
budget: {}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    params = copy.deepcopy(TINY)
    params["search"] = {
        "recipe": "tuned",
        "vary": {
            "recipes.tuned.epochs": {"low": 1, "high": 4},
            "recipes.finetuned.schedule.target_sparsity": [0.5, 0.75],
        },
        "minimize": ["error"], "trials": 3, "unseen_seeds": [5],
    }  # fmt: skip
    write_params(tmp_path, params)
    trials = [record.Tried(number=n, values=VALUES, figures={"1": {"error": 1.0}}) for n in (1, 2)]
    trials.append(record.Tried(number=3, values=VALUES, figures={}, why="it broke"))
    chain = {name: TINY["recipes"][name] for name in ("finetuned", "tuned")}
    found = made_up(recipe="tuned", recipes=chain, trials=trials, best=2, front=[2], judged=[])
    files.write_json(tmp_path / "metrics/searches/tuned.json", record.content(found))
    return tmp_path


def recipes(folder: Path) -> Any:
    text = (folder / "params.yaml").read_text(encoding="utf-8")
    return YAML(typ="safe").load(text)["recipes"]


def test_the_best_is_added_with_what_it_starts_from(project: Path) -> None:
    before = recipes(project)
    (said,) = applying.apply("lean", None)
    assert "recipes.lean_finetuned, recipes.lean: added, of trial 2" in said
    after = recipes(project)
    assert {name: own for name, own in after.items() if name in before} == before
    assert after["lean"] == {**before["tuned"], "epochs": 4, "start": "lean_finetuned"}
    assert after["lean_finetuned"]["schedule"]["target_sparsity"] == 0.75
    assert "# found by `secateur search`, trial 2" in (project / "params.yaml").read_text()


@pytest.mark.parametrize(
    ("name", "number", "said"),
    [
        ("control", None, r"recipes\.control: there is one; take another NAME"),
        ("baseline", None, r"--apply: 'baseline': is reserved"),
        ("Lean", None, r"--apply: 'Lean': must be small letters"),
        ("lean", 3, r"--trial 3: it failed, so it has no figures: it broke"),
        ("lean", 99, r"--trial 99: no such trial"),
    ],
)
def test_what_cannot_be_added_leaves_the_file_as_it_is(
    project: Path, name: str, number: int | None, said: str
) -> None:
    before = (project / "params.yaml").read_bytes()
    with pytest.raises(InputError, match=said):
        applying.apply(name, number)
    assert (project / "params.yaml").read_bytes() == before


def test_what_was_found_is_added_whatever_was_edited_since(project: Path) -> None:
    params = YAML(typ="safe").load((project / "params.yaml").read_text())
    params["recipes"]["tuned"]["patience"] = 1
    write_params(project, params)
    applying.apply("lean", None)
    assert recipes(project)["lean"]["patience"] is None  # as it was tried
    path = project / "metrics/searches/tuned.json"
    alone = record.read(path).model_copy(
        update={"trials": [record.Tried(number=1, values={"recipes.tuned.epochs": 3},
                                        figures={"1": {"error": 1.0}})], "best": 1, "front": [1]}
    )  # fmt: skip
    files.write_json(path, record.content(alone))
    applying.apply("other", None)
    assert recipes(project)["other"]["start"] == "finetuned"
    params["recipes"]["finetuned"]["epochs"] = 1
    write_params(project, params)
    with pytest.raises(InputError, match=r"recipes\.finetuned: is not as it was when the search"):
        applying.apply("third", None)


def test_without_a_search_the_command_says_what_to_do(project: Path) -> None:
    (project / "metrics/searches/tuned.json").unlink()
    with pytest.raises(InputError, match=r"tuned\.json: not found; `secateur search` writes it"):
        applying.apply("lean", None)
    write_params(project, TINY)
    with pytest.raises(InputError, match=r"params\.yaml: search: missing"):
        applying.apply("lean", None)


@pytest.mark.parametrize("text", [TEXT, TEXT.rstrip("\n"), TEXT.split("\n# of the")[0]])
def test_all_other_lines_stay_as_they_are(text: str) -> None:
    own = {"c": {"start": "b", "schedule": {"type": "X", "blocks": [2, 3]}}}
    found = applying.with_recipes(text, own, "found")
    lines = found.splitlines()
    assert [line for line in lines if line in text.splitlines()] == text.splitlines()
    content = YAML(typ="safe").load(found)
    assert content["recipes"]["c"] == own["c"]
    assert list(content["recipes"]) == ["a", "b", "c"]
    assert "  c:  # found" in lines


def test_recipes_in_braces_are_told() -> None:
    with pytest.raises(InputError, match=r"recipes: is written in braces"):
        applying.with_recipes("recipes: {a: {start: initial}}\n", {"b": {}}, "found")


def test_says_what_a_search_has_found() -> None:
    said = "\n".join(search_told.found(made_up()))
    assert "6 trials, 1 of them on the front" in said
    assert "the best, trial 4: epochs 40, schedule.final_sparsity 0.7, spread uniform" in said
    assert "on unseen seeds: error 0.18, gzip_bytes 421" in said
    assert "today's recipe, trial 1" in said
    none = search_told.found(made_up(best=None, front=[], judged=[]))
    assert none[-1] == "none of those with all seeds keeps what it must: at most gzip_bytes 600"


def test_the_accuracy_of_classes_stands_beside_the_error() -> None:
    best, today = made_up().judged
    classes = best.model_copy(update={"accuracy": 0.75, "baseline_accuracy": 0.76})
    said = "\n".join(search_told.found(made_up(judged=[classes, today])))
    assert "the baseline's 0.4; accuracy 0.75, 0.76\n" in said
    assert said.count("accuracy") == 1


def test_two_keys_that_end_alike_have_heads_that_tell_them_apart() -> None:
    values = {
        "recipes.small.schedule.conv_1.final_sparsity": 0.5,
        "recipes.small.schedule.conv_2.final_sparsity": 0.7,
        "recipes.small.epochs": 3,
    }
    figures = {"error": 0.5}
    tried = [Tried(number=1, values=values, figures={1: figures}, why="")]
    heads = [str(one.header) for one in search_told.table(Goal(["error"], {}), tried, 1).columns]
    assert heads == [
        "trial", "error", "small.schedule.conv_1.final_sparsity",
        "small.schedule.conv_2.final_sparsity", "epochs",
    ]  # fmt: skip


def test_says_how_to_see_the_trials() -> None:
    first, shows, warns = search_told.experiments(made_up(), "small-1a2b-")
    assert first == "trial N is the experiment small-1a2b-N:"
    assert "^(error|gzip_bytes|trial" in shows
    assert r"recipes\.small\.schedule\.final_sparsity" in shows
    assert "commit before" in warns


def test_the_record_of_another_search_is_kept_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("metrics/searches/small.json")
    assert searching._kept_aside(path, made_up()) == []  # there is none
    files.write_json(path, record.content(made_up()))
    assert searching._kept_aside(path, made_up()) == []  # the same search goes on
    (said,) = searching._kept_aside(path, made_up(at_most={"gzip_bytes": 500.0}))
    copy = Path(said.partition(":")[0])
    assert copy.read_bytes() == path.read_bytes()
    assert copy.is_relative_to(".dvc/tmp/search")
    assert "an earlier search of 6 trials" in said
