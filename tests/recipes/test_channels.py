"""What a recipe may say of channels."""

from typing import Any

import pytest

from secateur.core import params
from secateur.core.errors import InputError
from secateur.recipes.channels import Channels


def test_what_is_not_given_has_a_default() -> None:
    found = Channels.model_validate({"keep": {"macs": 0.5}})
    assert found.keep.given() == {"macs": 0.5}
    assert (found.score, found.across, found.rounds, found.round_to) == ("l2", "network", 1, 1)


def test_the_budget_stands_in_place_of_a_share() -> None:
    keep = Channels.model_validate({"keep": {"cycles": "budget"}}).keep
    assert (keep.kind, keep.share) == ("cycles", None)
    keep = Channels.model_validate({"keep": {"peak_memory": 0.5}}).keep
    assert (keep.kind, keep.share) == ("peak_memory", 0.5)


def test_one_message_says_what_is_wrong_with_a_value() -> None:
    with pytest.raises(InputError) as error:
        params.validate(Channels, {"keep": {"cycles": 2.0}}, "params.yaml: recipes.a.channels")
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ["keep"]),
        ({"keep": {}}, ["must be one of macs, weights, peak_memory, cycles, flash, file_bytes"]),
        ({"keep": {"cycles": 0.0}}, ["keep.cycles", "0.0", "greater than 0"]),
        ({"keep": {"flash": "bugdet"}}, ["keep.flash", "'bugdet'", "'budget'"]),
        ({"keep": {"weights": "budget"}}, ["keep.weights: 'budget'", "share over 0 and under 1"]),
        ({"keep": {"bytes": 0.5}}, ["keep", "'bytes'", "file_bytes"]),
        ({"keep": {"macs": 0.5, "weights": 0.5}}, ["['macs', 'weights']", "must be one of"]),
        ({"keep": {"macs": 1.0}}, ["keep.macs", "1.0", "less than 1"]),
        ({"keep": {"macs": 0.5}, "score": "l3"}, ["score", "'l3'", "taylor"]),
        ({"keep": {"macs": 0.5}, "rounds": 0}, ["rounds", "0"]),
    ],
)
def test_what_cannot_work_is_named(given: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        params.validate(Channels, given, "recipes.thin.channels")
    for word in words:
        assert word in str(error.value)
