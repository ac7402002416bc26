"""What a recipe needs of other sections is written for it alone, and read as it was written."""

from pathlib import Path
from typing import Any

import pytest

from secateur.core.errors import InputError
from secateur.recipes import channel_terms
from secateur.recipes.channel_terms import NONE, Npu, Terms
from secateur.recipes.channels import Channels

NPU = Npu(accelerator="ethos-u55-128", system="s", memory_mode="m")
BUDGET: dict[str, float | None] = {
    "macs": 1.0, "arena_bytes": 2.0, "cycles": 3.0, "flash_kib": 4.5, "file_bytes": 5.0,
}  # fmt: skip


def channels(**keep: Any) -> Channels:
    return Channels.model_validate({"keep": keep})


@pytest.mark.parametrize(
    ("keep", "terms"),
    [
        ({"macs": 0.5}, NONE),
        ({"weights": 0.5}, NONE),
        ({"peak_memory": 0.5}, NONE),
        ({"file_bytes": 0.5}, NONE),
        ({"cycles": 0.5}, Terms(npu=NPU)),
        ({"macs": "budget"}, Terms(most=1)),
        ({"peak_memory": "budget"}, Terms(most=2)),
        ({"cycles": "budget"}, Terms(most=3, npu=NPU)),
        ({"flash": "budget"}, Terms(most=4.5, npu=NPU)),
        ({"file_bytes": "budget"}, Terms(most=5)),
    ],
)
def test_a_recipe_needs_its_own_limit_and_nothing_else(
    tmp_path: Path, keep: dict[str, Any], terms: Terms
) -> None:
    own = channels(**keep)
    found = channel_terms.of("recipes.thin.channels", own, BUDGET, NPU)
    assert found == terms
    channel_terms.write(tmp_path, found)
    assert (tmp_path / channel_terms.FILE).exists() == (terms != NONE)
    assert channel_terms.read(tmp_path, own) == terms


def test_a_budget_that_is_not_set_is_named() -> None:
    for budget in ({}, {"flash_kib": None, "cycles": 9.0}):
        with pytest.raises(InputError) as error:
            channel_terms.of("recipes.thin.channels", channels(flash="budget"), budget, NPU)
        for word in ("recipes.thin.channels.keep.flash: 'budget'", "budget.flash_kib", "share"):
            assert word in str(error.value)


@pytest.mark.parametrize("content", [None, "{", '{"most": -1, "npu": null}'])
def test_a_file_that_is_missing_or_damaged_is_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / channel_terms.FILE).write_text(content)
    with pytest.raises(InputError, match=r"terms\.json"):
        channel_terms.read(tmp_path, channels(macs="budget"))
    assert channel_terms.read(tmp_path, channels(macs=0.5)) == NONE
    assert channel_terms.read(tmp_path, None) == NONE
