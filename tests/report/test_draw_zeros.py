"""The picture of what zeros buy shows ratios of medians, and says in words what is missing."""

import math
from typing import Any

import pandas as pd

from made_up_results import curve_costs, measured_of, panel, results
from secateur.report import draw_zeros
from secateur.report.results import Results
from secateur.report.style import style
from secateur.report.svg import Picture

TIMES = {"trade_off/dense_0": 1.0, "trade_off/pruned_0.5": 1.01, "trade_off/smaller_0.5": 0.62}


def drawn(**changed: Any) -> Picture:
    with style():
        return draw_zeros.zeros(results([0.1] * 5, **changed))


def timed(**changed: Any) -> dict[str, Any]:
    devices = {"pi4": measured_of(TIMES), "a_phone_with_a_long_name": measured_of(TIMES)}
    return {"measured": devices, "hashes": dict.fromkeys(TIMES, "0" * 64), **changed}


def test_zeros_buy_flash_and_no_cycles() -> None:
    picture = drawn()
    assert panel(picture, "Ethos-U flash, int8").startswith("pruned 0.56, 0.20;")
    cycles = panel(picture, "Ethos-U cycles, int8")
    assert "pruned 1.00, 1.00;" in cycles
    assert "small dense networks 0.50, 0.10" in cycles
    assert "sparsity of 0.5, 0.9, medians" in picture.alt
    assert "pruned 0.52, 0.14" in panel(picture, "Gzipped bytes, float32")


def test_fewer_channels_stand_beside_what_zeros_buy() -> None:
    costs = curve_costs()
    small = costs[costs["kind"] == "smaller"]
    picture = drawn(curve_costs=pd.concat([costs, small.assign(kind="channels")]))
    assert "fewer channels 0.50, 0.10" in panel(picture, "Ethos-U cycles, int8")
    assert "fewer channels" in picture.svg
    assert "channels" not in drawn().svg


def test_a_point_that_lacks_a_seed_is_not_drawn() -> None:
    """A median over some seeds would stand beside others over all."""
    costs = curve_costs()
    one = (costs["kind"] == "pruned") & (costs["sparsity"] == 0.5) & (costs["seed"] == 3)
    costs.loc[one, "cycles"] = math.nan
    cycles = panel(drawn(curve_costs=costs), "Ethos-U cycles, int8")
    assert cycles.startswith("pruned 1.00 at 0.9;")


def test_a_median_of_the_seeds_is_compared() -> None:
    costs = curve_costs()
    dense = costs["kind"] == "dense"
    costs.loc[dense & (costs["seed"] == 0), "gzip_bytes"] = 10**6
    assert "pruned 0.52, 0.14" in panel(drawn(curve_costs=costs), "Gzipped bytes, float32")


def test_what_runs_nowhere_is_said_in_words() -> None:
    costs = curve_costs()
    for lacking in (costs.assign(cycles=math.nan), costs[costs["type"] == "float32"],
                    costs[costs["kind"] != "dense"], costs[costs["kind"] == "dense"],
                    costs.assign(cycles=0.0)):  # fmt: skip
        picture = drawn(curve_costs=lacking)
        assert "do not run there" in panel(picture, "Ethos-U cycles, int8")
        assert "do not run there" in picture.svg


def test_without_a_time_the_panel_says_how_to_measure() -> None:
    picture = drawn()
    assert "metrics/devices/NAME.json" in picture.svg
    assert "metrics/devices/NAME.json" in panel(picture, "Time of a call, float32")


def test_each_device_has_its_lines() -> None:
    picture = drawn(**timed())
    time = panel(picture, "Time of a call, float32")
    assert "pruned on pi4 1.01 at 0.5" in time
    assert "small dense networks on a_phone_with_a_long_name 0.62 at 0.5" in time
    assert "time on pi4" in picture.svg
    assert "NAME.json" not in picture.svg
    (first, *_) = timed()["measured"].items()
    one = drawn(**timed(measured=dict([first])))
    assert "pruned on pi4 1.01 at 0.5" in panel(one, "Time on pi4, float32")


def test_times_of_older_files_are_not_drawn() -> None:
    stale: Results = results([0.1] * 5, **timed(hashes={"trade_off/pruned_0.5": "0" * 64}))
    with style():
        picture = draw_zeros.zeros(stale)
    assert "measure again" in panel(picture, "Time of a call, float32")


def test_times_without_the_dense_networks_are_not_drawn() -> None:
    without = {key: ratio for key, ratio in TIMES.items() if key != "trade_off/dense_0"}
    picture = drawn(**timed(measured={"pi4": measured_of(without)}))
    assert "measure again" in panel(picture, "Time of a call, float32")


def test_it_is_the_same_bytes() -> None:
    assert drawn(**timed()) == drawn(**timed())


def test_what_a_smaller_network_gains_is_told_from_what_zeros_gain() -> None:
    costs = curve_costs()
    assert "zeros alone" in draw_zeros.by_shape(costs)
    half = (costs["kind"] == "pruned") & (costs["sparsity"] == 0.5)
    costs.loc[half, "macs"] = 400
    said = draw_zeros.by_shape(costs)
    assert "0.4 at 0.5" in said
    assert "at 0.9" not in said
    assert draw_zeros.by_shape(costs[costs["kind"] != "dense"]) == ""
