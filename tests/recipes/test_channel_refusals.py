"""What cannot be reached is told in its unit, with what helps and nothing else."""

from typing import Any

import pytest

from secateur.recipes.channel_refusals import too_much
from secateur.recipes.channels import Channels


def said(most: float, least: float, start: float | None = None, **recipe: Any) -> str:
    return too_much(Channels.model_validate(recipe), most, least, start)


def test_numbers_have_one_style_and_a_unit() -> None:
    assert said(315.968, 1899, keep={"macs": 0.02}) == (
        "channels.keep.macs: 0.02: must be 315 multiply-adds at most, and cannot be below 1,899; "
        "keep 0.13 or more"
    )
    assert said(1234.5, 1234.5001, keep={"flash": "budget"}) == (
        "channels.keep.flash: budget: must be 1,234.50 KiB at most, and cannot be below 1,234.51; "
        "raise budget.flash_kib to 1,234.51"
    )
    assert "2 bytes at most, and cannot be below 3;" in said(2.5, 2.6, keep={"peak_memory": 0.5})


@pytest.mark.parametrize(
    ("set_", "advice"),
    [
        ({}, "keep 0.4 or more"),
        ({"round_to": 8}, "keep 0.4 or more, or lower round_to (8)"),
        ({"min_channels": 4, "keep_layers": ["a"]},
         "keep 0.4 or more, or lower min_channels (4), or name fewer keep_layers"),
    ],
)  # fmt: skip
def test_only_what_the_recipe_has_set_is_advised(set_: dict[str, Any], advice: str) -> None:
    assert said(2, 4, keep={"macs": 0.2}, **set_).endswith(f"; {advice}")
    budget = said(2, 4, keep={"macs": "budget"}, **set_)
    assert budget.endswith("; " + advice.replace("keep 0.4 or more", "raise budget.macs to 4"))


@pytest.mark.parametrize(
    ("least", "start", "share"),
    [(10, 400, 0.025), (9, 400, 0.023), (7, 352, 0.02), (997, 1000, 0.997), (9999, 10000, 0.9999)],
)
def test_the_share_that_it_names_is_enough(least: float, start: float, share: float) -> None:
    assert f"; keep {share} or more" in said(1, least, start, keep={"macs": 0.01})
    assert share * start >= least


def test_of_rounds_the_share_is_of_the_network_to_start_from() -> None:
    """The first of two rounds must leave the root of the share."""
    assert "; keep 0.3 or more" in said(200, 300, 1000, keep={"macs": 0.04}, rounds=2)


def test_where_nothing_can_go_no_share_is_advised() -> None:
    assert said(50, 100, keep={"macs": 0.5}).endswith("; no channel can go, whatever the share")
    assert said(50, 100, keep={"macs": 0.5}, round_to=8).endswith("; lower round_to (8)")
