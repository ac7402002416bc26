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


def test_the_lowest_scores_of_each_group_go_and_no_more_than_must() -> None:
    model = network()
    found = channels.of(model)
    scores = np.random.default_rng(0).random(len(found.first))
    cost = partial(channel_choice.weights, model, found)
    most = 0.6 * cost(np.zeros(0, int))
    gone = choose(found, scores, cost, most)
    assert cost(gone) <= most
    highest = []
    for group in found.groups():
        own = np.intersect1d(group, gone)
        assert scores[own].max() < scores[np.setdiff1d(group, own)].min()
        highest.append(scores[own].max())
        back = own[scores[own].argmax()]
        assert cost(gone[gone != back]) > most  # it may not come back
    assert highest[0] == pytest.approx(highest[1], abs=0.1)  # one threshold for all groups


def test_what_saves_nothing_comes_back() -> None:
    """One layer needs the most memory: others need not become smaller for it."""
    model = network()
    found = channels.of(model)
    scores = np.random.default_rng(0).random(len(found.first))
    first = found.outputs["first"]

    def peak(gone: np.ndarray) -> float:
        return max(16 - np.isin(first, gone).sum(), 24 / 4)

    for across in ("network", "layer"):
        gone = choose(found, scores, peak, 10, across=across)  # type: ignore[arg-type]
        assert set(gone) == set(first[np.argsort(scores[first])][:6])


def test_a_multiple_comes_back_where_the_last_to_go_saves_enough_alone() -> None:
    model = network()
    found = channels.of(model)
    first, second = found.outputs["first"], found.outputs["second"]
    scores = np.ones(len(found.first))
    scores[second[:8]], scores[first[:8]] = 0, 0.5  # eight of `second` go before eight of `first`
    cost = partial(channel_choice.macs, model, found)
    most = 0.6 * cost(np.zeros(0, int))
    assert cost(first[:8]) <= most < cost(second[:8])
    assert set(choose(found, scores, cost, most, round_to=8)) == set(first[:8])


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


def test_a_layer_loses_its_first_channel_with_its_share() -> None:
    """A bottleneck of two units loses none for a tenth of the cost, where others have 64."""
    model = keras.Sequential([
        keras.Input((8,)), L.Dense(64, name="wide"), L.Dense(2, name="narrow"), L.Dense(64),
        L.Dense(1),
    ])  # fmt: skip
    found = channels.of(model)
    cost = partial(channel_choice.macs, model, found)
    most = 0.9 * cost(np.zeros(0, int))
    gone = choose(found, np.random.default_rng(0).random(len(found.first)), cost, most,
                  across="layer")  # fmt: skip
    assert not np.isin(found.outputs["narrow"], gone).any()
    assert 0.98 * most < cost(gone) <= most


def test_multiples_are_of_channels_where_one_number_stands_for_several() -> None:
    """A convolution with groups loses one channel of each."""
    model = keras.Sequential([
        keras.Input((8, 8, 2)), L.Conv2D(32, 3, name="first"),
        L.Conv2D(32, 3, groups=4, name="grouped"), L.GlobalAveragePooling2D(), L.Dense(2),
    ])  # fmt: skip
    found = channels.of(model)
    cost = partial(channel_choice.macs, model, found)
    whole, scores = cost(np.zeros(0, int)), np.arange(len(found.first), dtype=float)
    for share, kind in ((0.6, {"round_to": 8}), (0.4, {"min_channels": 16})):
        gone = choose(found, scores, cost, share * whole, **kind)  # type: ignore[arg-type]
        smaller = removed(model, found, gone)
        widths = {smaller.get_layer(name).filters for name in ("first", "grouped")}
        assert min(widths) < 32
        assert widths <= ({8, 16, 24, 32} if "round_to" in kind else {16, 20, 24, 28, 32})
    with pytest.raises(ValueError, match="cannot be below"):
        choose(found, scores, cost, 0.1 * whole, min_channels=24)


def test_a_cost_that_rises_again_is_kept_all_the_same_and_asked_for_few_times() -> None:
    """A device is slower with 12 channels than with 16."""
    model = network()
    found = channels.of(model)
    everything = len(np.concatenate(found.groups()))
    asked: list[int] = []

    def jagged(gone: np.ndarray) -> float:
        asked.append(len(gone))
        return everything - len(gone) + 12 * (len(gone) % 8 in (4, 5))

    for most in range(3, everything + 13):
        asked.clear()
        gone = choose(found, np.random.default_rng(0).random(len(found.first)), jagged, most)
        assert len(asked) <= 2 + np.ceil(np.log2(everything)) + 2 * len(found.groups())
        assert jagged(gone) <= most
        if most >= everything:
            assert not len(gone)


def test_many_steps_that_leave_the_same_channels_are_asked_for_once() -> None:
    model = network()
    found = channels.of(model)
    asked: list[bytes] = []

    def cost(gone: np.ndarray) -> float:
        asked.append(gone.tobytes())
        return channel_choice.weights(model, found, gone)

    choose(found, np.zeros(len(found.first)), cost, 2_000, across="layer", round_to=8)
    assert len(asked) == len(set(asked)) < 7  # of ten steps of the search


def test_the_least_is_what_the_search_can_reach() -> None:
    model = network()
    found = channels.of(model)
    gone = channel_choice.least(found, round_to=8, min_channels=9, keep_layers=["second"])
    left = {name: (~np.isin(found.outputs[name], gone)).sum() for name in ("first", "second")}
    assert left == {"first": 16, "second": 24}
    gone = channel_choice.least(found, round_to=8)
    left = {name: (~np.isin(found.outputs[name], gone)).sum() for name in ("first", "second")}
    assert left == {"first": 8, "second": 8}
