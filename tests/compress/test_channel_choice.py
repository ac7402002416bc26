"""A network keeps what it is told to keep, and loses the channels with the lowest scores."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import random_channels
from secateur.compress import channel_choice
from secateur.compress.applied import times
from secateur.compress.channel_choice import choose
from secateur.compress.removal import removed
from secateur.keras_io.backend import keras
from secateur.network import channels

L = keras.layers


def network() -> keras.Model:
    return keras.Sequential([
        keras.Input((8, 8, 2)), L.Conv2D(16, 3, name="first"), L.Conv2D(24, 3, name="second"),
        L.GlobalAveragePooling2D(), L.Dense(2, name="last"),
    ])  # fmt: skip


def own_macs(model: keras.Model) -> int:
    applied = times(model)
    return sum(
        count * int(np.prod(weight.shape))
        for layer in model.layers
        for count, weight in zip(applied.get(layer.name, []), layer.weights, strict=False)
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from(["network", "layer"]))
def test_costs_are_those_of_the_network_without_them(seed: int, across: str) -> None:
    model = random_channels.network(seed)
    found = channels.of(model)
    scores = np.random.default_rng(seed).random(len(found.first))
    cost = partial(channel_choice.macs, model, found)
    none = np.zeros(0, int)
    gone = choose(found, scores, cost, cost(none), across=across)  # type: ignore[arg-type]
    assert not len(gone)
    try:
        gone = choose(found, scores, cost, 0.8 * cost(none), across=across)  # type: ignore[arg-type]
    except ValueError:
        return
    smaller = removed(model, found, gone)
    assert own_macs(smaller) == cost(gone) <= 0.8 * own_macs(model)


def test_the_lowest_scores_go_and_no_more_than_must() -> None:
    model = network()
    found = channels.of(model)
    scores = np.random.default_rng(0).random(len(found.first))
    cost = partial(channel_choice.weights, model, found)
    most = 0.6 * cost(np.zeros(0, int))
    gone = choose(found, scores, cost, most)
    everything = np.concatenate(found.groups())
    rest = np.setdiff1d(everything, gone)
    assert scores[gone].max() < scores[rest].min()
    assert cost(gone) <= most < cost(gone[np.argsort(scores[gone])][:-1])


def test_layers_lose_the_same_share_whatever_their_scores() -> None:
    model = network()
    found = channels.of(model)
    scores = np.zeros(len(found.first))
    scores[found.outputs["first"]] = 9
    cost = partial(channel_choice.macs, model, found)
    gone = choose(found, scores, cost, 0.5 * cost(np.zeros(0, int)), across="layer")
    lost = [np.isin(found.outputs[name], gone).mean() for name in ("first", "second")]
    assert lost[0] == pytest.approx(lost[1], abs=1 / 16)
    assert 0.2 < lost[0] < 0.4  # both lose a third: 1 - (2/3)^2 is about a half


@pytest.mark.parametrize("across", ["network", "layer"])
def test_a_group_keeps_a_multiple_and_at_least_so_many(across: str) -> None:
    model = network()
    found = channels.of(model)
    scores = np.random.default_rng(1).random(len(found.first))
    cost = partial(channel_choice.macs, model, found)
    gone = choose(
        found, scores, cost, 0.6 * cost(np.zeros(0, int)), across=across, round_to=8,  # type: ignore[arg-type]
        keep_layers=["first"],
    )  # fmt: skip
    left = {name: (~np.isin(found.outputs[name], gone)).sum() for name in ("first", "second")}
    assert left == {"first": 16, "second": 8}
    with pytest.raises(ValueError, match=r"must be [\d,.]+ at most, and cannot be below [\d,]+"):
        choose(found, scores, cost, 0.6 * cost(np.zeros(0, int)), min_channels=16, round_to=8)
