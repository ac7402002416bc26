"""What a recipe may say of channels."""

from typing import Any

import pytest

from secateur.core import params
from secateur.core.errors import InputError
from secateur.recipes.channels import Channels

SHARE = "must be a share over 0 and under 1"
ONE = "exactly one of macs, weights, peak_memory, cycles, flash, file_bytes"


def test_what_is_not_given_has_a_default() -> None:
    found = Channels.model_validate({"keep": {"macs": 0.5}})
    assert found.keep.given() == {"macs": 0.5}
    assert (found.score, found.across, found.rounds, found.round_to) == ("l2", "network", 1, 1)


def test_the_budget_stands_in_place_of_a_share() -> None:
    keep = Channels.model_validate({"keep": {"cycles": "budget"}}).keep
    assert (keep.kind, keep.share) == ("cycles", None)
    keep = Channels.model_validate({"keep": {"peak_memory": 0.5}}).keep
    assert (keep.kind, keep.share) == ("peak_memory", 0.5)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ["keep"]),
        ({"keep": {}}, [f"channels.keep: {{}}: must be {ONE}, such as {{macs: 0.5}}"]),
        ({"keep": {"macs": None}}, [f"channels.keep: {{}}: must be {ONE}"]),
        ({"keep": 1.5}, ["channels.keep: 1.5: must be a section", "such as {macs: 0.5}; " + ONE]),
        ({"keep": None}, ["channels.keep: null: must be a section", ONE]),
        ({"keep": ["macs"]}, ["channels.keep: ['macs']: must be a section", ONE]),
        ({"keep": {"cycles": 0.0}}, ["keep.cycles: 0.0: " + SHARE + ", or budget"]),
        ({"keep": {"cycles": 2.0}}, ["keep.cycles: 2.0: " + SHARE + ", or budget"]),
        ({"keep": {"cycles": 1}}, ["keep.cycles: 1: " + SHARE + ", or budget"]),
        ({"keep": {"cycles": True}}, ["keep.cycles: True: " + SHARE + ", or budget"]),
        ({"keep": {"cycles": float("nan")}}, ["keep.cycles: nan: " + SHARE + ", or budget"]),
        ({"keep": {"flash": "bugdet"}}, ["keep.flash: 'bugdet': " + SHARE + ", or budget"]),
        ({"keep": {"macs": "50%"}}, ["keep.macs: '50%': " + SHARE + ", or budget"]),
        ({"keep": {"weights": "50%"}}, ["keep.weights: '50%': " + SHARE]),
        ({"keep": {"weights": 1.5}}, ["keep.weights: 1.5: " + SHARE]),
        (
            {"keep": {"arena_bytes": "budget"}},
            [
                "channels.keep: unknown key 'arena_bytes'",
                "peak_memory here",
                "{peak_memory: budget}",
            ],
        ),
        ({"keep": {"flash_kib": 0.5}}, ["unknown key 'flash_kib'", "it is flash here"]),
        ({"keep": {"weights": "budget"}}, ["keep.weights: 'budget'", "share over 0 and under 1"]),
        ({"keep": {"bytes": 0.5}}, ["keep", "'bytes'", "file_bytes"]),
        (
            {"keep": {"macs": 0.5, "weights": 0.5}},
            ["channels.keep: macs and weights: must be " + ONE],
        ),
        ({"keep": {"macs": 0.5}, "score": "l3"}, ["score", "'l3'", "taylor"]),
        ({"keep": {"macs": 0.5}, "rounds": 0}, ["rounds", "0"]),
    ],
)
def test_what_cannot_work_is_named(given: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        params.validate(Channels, given, "recipes.thin.channels")
    for word in words:
        assert word in str(error.value)
    assert len(str(error.value).splitlines()) == 1
