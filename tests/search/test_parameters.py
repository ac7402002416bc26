"""The section `search`: what it may say, and what is refused before anything runs."""

import copy
from pathlib import Path
from typing import Any

import pytest

from project import TINY, write_params
from secateur.checks.params_file import check_params
from secateur.core.errors import InputError
from secateur.search import space
from secateur.search.parameters import Range, Search

SECTION: dict[str, Any] = {
    "recipe": "tuned",
    "vary": {
        "recipes.tuned.epochs": {"low": 1, "high": 4},
        "recipes.finetuned.schedule.target_sparsity": [0.5, 0.75],
    },
    "minimize": ["error", "gzip_bytes"],
    "trials": 5,
    "unseen_seeds": [5, 6],
}


def checked(folder: Path, changed: dict[str, Any] | None = None, **section: Any) -> Any:
    params = copy.deepcopy({**TINY, **(changed or {})})
    params["search"] = {**copy.deepcopy(SECTION), **section}
    write_params(folder, params)
    return check_params(folder / "params.yaml").search


def test_the_section_may_be_there_or_not(tmp_path: Path) -> None:
    found = checked(tmp_path)
    assert found.device == "cpu"
    assert found.vary["recipes.tuned.epochs"] == Range(low=1, high=4)
    write_params(tmp_path, TINY)
    assert check_params(tmp_path / "params.yaml").search is None


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"recipe": "tunned"}, r"search\.recipe: 'tunned': no such recipe \(did you mean 'tuned'"),
        ({"unseen_seeds": [1, 9]}, r"search\.unseen_seeds: 1: is one of `seeds`"),
        ({"minimize": ["flash_kib"]}, r"'flash_kib': a figure of device: ethos_u, and the search is"
                                      r" for cpu; set search\.device: ethos_u"),
        ({"at_most": {"accuracy_loss": 0.01}},
         r"search\.at_most: 'accuracy_loss': a figure of cla"),
        ({"minimize": ["eror"]}, r"search\.minimize\.0: 'eror'"),
        ({"minimize": ["error", "error"]}, r"give each once"),
        ({"vary": {"recipes.control.epochs": [2, 3]}}, r"'control': does not lead to it; the file "
                                                       r"is of 'tuned', so must be of finetun"),
        ({"vary": {"recipes.tund.epochs": [2, 3]}},
         r"'tund': no such recipe \(did you mean 'tuned'"),
        ({"vary": {"training.batch_size": [18, 36]}},
         r"search\.vary\.training\.batch_size: .*: must be recipes\.NAME\.KEY, such as recipes\."),
        ({"vary": {"recipes.tuned.epochs": [3, 4]}}, r"2 stands in params\.yaml, and is not among"),
        ({"vary": {"recipes.tuned.epochs": {"low": 3, "high": 4}}},
         r"2 stands in params\.yaml, and"),
        ({"vary": {"recipes.tuned.epochs": [2, -1]}}, r"'recipes\.tuned\.epochs': -1: recipes"),
        ({"vary": {"recipes.tuned.epochs": {"low": 0, "high": 2}}}, r"epochs': 0: recipes"),
        ({"vary": {"recipes.tuned.restore_best": [True, False]}},
         r"params\.yaml gives it no value"),
        ({"vary": {"recipes.finetuned.schedule.target_sparsity": {"low": 0.5, "high": 1.5}}},
         r"target_sparsity': 1\.5"),
        ({"vary": {"recipes.tuned.epochs": {"low": 4, "high": 1}}}, r"low must be below high"),
        ({"vary": {"recipes.tuned.epochs": {"low": 0, "high": 2, "log": True}}},
         r"above 0 with log"),
        ({"vary": {"recipes.tuned.epochs": {"low": 1, "high": 2, "log": True, "step": 1}}},
         r"log with step"),
        ({"vary": {"recipes.tuned.epochs": {"low": 1, "high": 4, "step": 2}}},
         r"high 4: is no whole number of steps of 2 above low 1"),
        ({"vary": {"recipes.tuned.epochs": [2, 2]}}, r"give each once"),
        ({"vary": {"recipes.tuned.epoch": [2, 3]}},
         r"gives it no value \(did you mean 'epochs'\?\)"),
        ({"vary": {}}, r"search\.vary"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_key(tmp_path: Path, section: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        checked(tmp_path, **section)


def test_a_mistake_in_a_range_is_told_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="low must be below high") as caught:
        checked(tmp_path, vary={"recipes.tuned.epochs": {"low": 4, "high": 1}})
    assert "list" not in str(caught.value)


def test_the_zeros_of_layers_by_a_pattern_may_vary(tmp_path: Path) -> None:
    schedule = {"hidden_[12]": {**TINY["recipes"]["finetuned"]["schedule"]}}
    finetuned = {k: v for k, v in TINY["recipes"]["finetuned"].items() if k != "scope"}
    recipes = {**TINY["recipes"], "finetuned": {**finetuned, "schedule": schedule}}
    key = "recipes.finetuned.schedule.hidden_[12].target_sparsity"
    found = checked(tmp_path, {"recipes": recipes}, vary={key: [0.5, 0.75]})
    assert found.vary == {key: [0.5, 0.75]}
    changed = space.recipes({"recipes": recipes}, {key: 0.75})
    assert changed["finetuned"]["schedule"]["hidden_[12]"]["target_sparsity"] == 0.75


def test_the_budget_of_what_a_trial_knows_must_be_kept() -> None:
    found = Search(**{**SECTION, "at_most": {"file_bytes": 900, "error_ratio": 1.0}})
    budget = {"file_bytes": 800, "macs": 5, "flash_kib": 3, "latency_ratio": 1.0}
    assert found.limits(budget) == {"file_bytes": 800, "macs": 5, "error_ratio": 1.0}
    on_npu = found.model_copy(update={"device": "ethos_u"})
    assert on_npu.limits({**budget, "file_bytes": 1000}) == {
        "file_bytes": 900, "macs": 5, "flash_kib": 3, "error_ratio": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "value", "has"),
    [
        ({"low": 1, "high": 9}, 5, True),
        ({"low": 1, "high": 9}, 5.0, False),
        ({"low": 1, "high": 9}, 10, False),
        ({"low": 1, "high": 9, "step": 2}, 4, False),
        ({"low": 1, "high": 9, "step": 2}, 5, True),
        ({"low": 0.1, "high": 0.9, "step": 0.1}, 0.7, True),
        ({"low": 0.1, "high": 0.9, "step": 0.1}, 0.75, False),
        ({"low": 0.1, "high": 0.9}, "0.5", False),
        ({"low": 0, "high": 1}, True, False),
    ],
)
def test_what_is_in_a_range(given: Any, value: Any, has: bool) -> None:
    assert Range(**given).has(value) is has
