"""The picture of error against cost has each kind's medians, and says in words what is missing."""

import math
from typing import Any

import pandas as pd

from made_up_results import curve_costs, measured_of, panel, results
from secateur.report import draw_cost_error
from secateur.report.style import style
from secateur.report.svg import Picture

TIMES = {"trade_off/dense_0": 1.0, "trade_off/pruned_0.5": 1.01, "trade_off/channels_0.5": 0.62}
POINTS = results([0.1] * 5).points


def with_channels(points: pd.DataFrame, costs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The points of small dense networks, too, and the same as if channels had been removed."""
    pruned = points[points["kind"] == "pruned"]
    small = costs[costs["kind"] == "smaller"]
    return {
        "points": pd.concat(
            [points, pruned.assign(kind="smaller"), pruned.assign(kind="channels")]
        ),
        "curve_costs": pd.concat([costs, small.assign(kind="channels")]),
    }


def drawn(**changed: Any) -> Picture:
    with style():
        return draw_cost_error.error_by_cost(results([0.1] * 5, **changed))


def test_each_kind_has_its_costs_and_the_error_of_the_file_they_are_of() -> None:
    """The made-up error of an int8 file is twice that of the float one."""
    picture = drawn(**with_channels(POINTS, curve_costs()))
    assert panel(picture, "MACs, float32") == (
        "dense 1,000 (0.99); pruned 1,000 (1.96), 1,000 (9.09); "
        "small dense networks 500 (1.96), 100 (9.09); fewer channels 500 (1.96), 100 (9.09)"
    )
    assert "fewer channels 1,500 (3.92), 300 (18.2)" in panel(picture, "Ethos-U cycles, int8")
    assert "fewer channels" in picture.svg
    assert "test MSE" in picture.title.replace("Test", "test")
    assert picture == drawn(**with_channels(POINTS, curve_costs()))


def test_a_point_that_lacks_a_seed_or_is_not_finite_is_not_drawn() -> None:
    costs, points = curve_costs(), POINTS.copy()
    one = (costs["kind"] == "pruned") & (costs["sparsity"] == 0.5) & (costs["seed"] == 3)
    costs.loc[one, "cycles"] = math.nan
    points.loc[points["sparsity"] == 0.9, "error"] = math.inf
    picture = drawn(curve_costs=costs, points=points)
    assert panel(picture, "Ethos-U cycles, int8").endswith("pruned 3,000 (18.2)")
    assert panel(picture, "MACs, float32").endswith("pruned 1,000 (1.96)")


def test_what_runs_nowhere_or_was_not_timed_is_said_in_words() -> None:
    picture = drawn(points=POINTS.assign(int8_error=math.nan))
    for name in ("Ethos-U cycles, int8", "Ethos-U flash in KiB, int8"):
        assert "do not run there" in panel(picture, name)
    assert "metrics/devices/NAME.json" in panel(picture, "µs of a call, float32")
    assert (
        drawn(points=POINTS.assign(error=math.inf, int8_error=math.inf)).alt.count("not run") == 3
    )


def test_times_of_a_device_are_drawn_if_they_are_of_the_present_files() -> None:
    given = with_channels(POINTS, curve_costs())
    hashes = dict.fromkeys(TIMES, "0" * 64)
    measured = {"pi4": measured_of(TIMES)}
    time = panel(drawn(**given, measured=measured, hashes=hashes), "µs on pi4, float32")
    assert "dense on pi4 20 (0.99)" in time
    assert "fewer channels on pi4 12.4 (1.96)" in time
    older = {**hashes, "trade_off/channels_0.5": "1" * 64}
    time = panel(drawn(**given, measured=measured, hashes=older), "µs on pi4, float32")
    assert "channels" not in time
    stale = panel(drawn(**given, measured=measured), "µs of a call, float32")
    assert "measure again" in stale
    two = drawn(**given, measured={**measured, "b": measured_of(TIMES)}, hashes=hashes)
    assert "pruned on b 20.2 (1.96)" in panel(two, "µs of a call, float32")
    assert "time on pi4" in two.svg
