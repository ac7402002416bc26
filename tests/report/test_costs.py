"""Which file a device gets, and what a figure is compared with."""

import copy
import math
from typing import Any

import pytest

from made_up_results import SEEDS, costs_of, measured_of, results
from secateur.core.seeds import over_seeds
from secateur.report import costs
from secateur.report.results import Results

FLOAT, INT8 = "minified_float32", "minified_int8"
PRESENT = "0" * 64


def made(**changed: Any) -> Results:
    return results([0.1] * 5, **changed)


def timed(ratios: dict[str, float], **changed: Any) -> Results:
    hashes = dict.fromkeys(ratios, PRESENT)
    return made(**{"measured": {"pi4": measured_of(ratios)}, "hashes": hashes, **changed})


def with_sizes(error: float, gzip_bytes: int) -> Results:
    """The recipe's int8 file with this error, where the source model's is 0.1."""
    found = made()
    sizes = copy.deepcopy(dict(found.sizes))
    sizes["finetuned"][INT8] |= over_seeds(
        dict.fromkeys(SEEDS, {"mse": error, "validation": 2.5 * error, "gzip_bytes": gzip_bytes})  # noqa: RUF024
    )
    return found._replace(sizes=sizes)


@pytest.mark.parametrize(
    ("error", "gzip_bytes", "artifact"),
    [(0.104, 999, INT8), (0.104, 1001, FLOAT), (0.106, 999, FLOAT), (math.nan, 1, FLOAT)],
)
def test_a_microcontroller_gets_the_smallest_file_that_is_good(
    error: float, gzip_bytes: int, artifact: str
) -> None:
    file = costs.file_for(with_sizes(error, gzip_bytes), "finetuned", "microcontroller")
    assert file
    assert (file.artifact, file.good) == (artifact, True)


def test_a_microcontroller_holds_a_file_as_it_is() -> None:
    found = with_sizes(0.104, 999)  # int8 is smaller gzipped
    whole = found.sizes["finetuned"]
    whole[INT8]["bytes"]["median"] = whole[FLOAT]["bytes"]["median"] + 1
    chosen = {device: costs.file_for(found, "finetuned", device) for device in costs.DEVICES}
    assert chosen["microcontroller"]
    assert chosen["microcontroller"].artifact == FLOAT


def test_a_budget_knows_what_a_file_s_figures_do_not_say() -> None:
    found = made()
    found.costs["finetuned"][INT8]["cpu_operators"] = {"CONV_3D": 2, "ELU": 1}
    own = costs.detail(found)["finetuned"]["ethos_u"]
    assert (own["left_to_cpu"], own["worse"]) == (
        "2 CONV_3D, 1 ELU",
        "on validation rows 20% above its source model's",
    )
    assert {"left_to_cpu", "worse"}.isdisjoint(costs.detail(found)["finetuned"]["cpu"])


def test_where_no_file_is_good_the_least_error_is_taken_and_marked() -> None:
    file = costs.file_for(made(), "finetuned", "ethos_u")
    assert file
    assert (file.artifact, file.good) == (INT8, False)
    assert file.error == pytest.approx(0.12)
    assert file.above == pytest.approx(0.2)


def test_only_what_ships_is_for_a_cpu() -> None:
    """Another file may have less error, but it is not the one that is recommended."""
    file = costs.file_for(made(), "finetuned", "cpu")
    assert file
    assert file.artifact == FLOAT
    without = made()
    del without.costs["finetuned"][FLOAT]
    assert costs.file_for(without, "finetuned", "cpu") is None


def test_files_that_no_device_gets_do_not_count() -> None:
    found = made()
    found.costs["finetuned"]["stripped_int8"] = found.costs["finetuned"].pop(INT8)
    assert costs.file_for(found, "finetuned", "ethos_u") is None
    found.costs["finetuned"] = {}
    assert all(costs.file_for(found, "finetuned", device) is None for device in costs.DEVICES)


def test_a_model_that_diverged_has_no_file() -> None:
    found = results([math.nan] * 5)
    assert all(costs.file_for(found, "finetuned", device) is None for device in costs.DEVICES)
    assert costs.detail(found)["finetuned"] == {"latency_ratio": {}}


@pytest.mark.parametrize("figure", [None, math.nan, math.inf])
def test_a_figure_that_is_not_finite_is_unknown(figure: Any) -> None:
    found = made()
    found.costs["finetuned"][INT8]["cycles"]["median"] = figure
    assert costs.cost(found, "finetuned", "ethos_u", "cycles") is None
    assert costs.file_for(found, "finetuned", "ethos_u") is None
    assert costs.cost(found, "finetuned", "microcontroller", "arena_bytes") == 1400


def test_a_cost_is_a_ratio_to_that_of_the_control_or_else_of_the_baseline() -> None:
    found = made()
    assert [costs.reference(found, model) for model in found.models] == [
        None, "baseline", "control",
    ]  # fmt: skip
    alone = {"finetuned": found.recipes["finetuned"]}
    assert costs.reference(found._replace(recipes=alone), "finetuned") == "baseline"


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [(1, 2, 0.5), (0, 0, 1.0), (0, 3, 0), (1, 0, None), (None, 1, None), (1, None, None)],
)
def test_what_has_no_ratio_gets_none(own: Any, other: Any, expected: Any) -> None:
    assert costs.ratio(own, other) == expected


TIMES = {f"baseline/{FLOAT}": 1.0, f"control/{FLOAT}": 0.5, f"finetuned/{FLOAT}": 0.4}


def test_a_time_is_a_ratio_to_the_controls_time_on_the_same_device() -> None:
    found = costs.latency(timed(TIMES), "finetuned", "pi4")
    assert (found.us, found.ratio, found.why) == (8.0, 0.4, "")
    assert found.of_control == pytest.approx(0.8)
    base = costs.latency(timed(TIMES), "baseline", "pi4")
    assert (base.ratio, base.of_control) == (1.0, None)


@pytest.mark.parametrize("changed", [f"finetuned/{FLOAT}", f"baseline/{FLOAT}"])
def test_a_time_of_an_older_file_is_no_time(changed: str) -> None:
    """Neither where the baseline has changed, which the ratio is to."""
    hashes = {**dict.fromkeys(TIMES, PRESENT), changed: "1" * 64}
    for stale in (hashes, {key: own for key, own in hashes.items() if key != changed}):
        found = costs.latency(timed(TIMES, hashes=stale), "finetuned", "pi4")
        assert (found.us, found.ratio, found.of_control) == (None, None, None)
        assert found.why == costs.OLDER
        detail = costs.detail(timed(TIMES, hashes=stale))
        assert detail["finetuned"]["latency_ratio"] == {"pi4": None}


def test_a_ratio_to_a_baseline_that_was_not_measured_is_no_time() -> None:
    """Nothing tells whether its file was the present one."""
    without = {key: ratio for key, ratio in TIMES.items() if not key.startswith("baseline")}
    found = costs.latency(timed(without), "finetuned", "pi4")
    assert (found.us, found.ratio, found.why) == (None, None, costs.NO_BASELINE)
    assert costs.latency(timed(without), "baseline", "pi4").why == "not measured"
    assert costs.detail(timed(without))["finetuned"]["latency_ratio"] == {"pi4": None}


def test_a_control_that_was_not_measured_leaves_the_time() -> None:
    without = {key: ratio for key, ratio in TIMES.items() if not key.startswith("control")}
    found = costs.latency(timed(without), "finetuned", "pi4")
    assert (found.us, found.of_control) == (8.0, None)
    assert costs.latency(timed(without), "control", "pi4").why == "not measured"


def test_a_file_that_cannot_run_on_a_device_has_no_time() -> None:
    found = timed(TIMES)
    file = found.measured["pi4"].files[f"finetuned/{FLOAT}"]
    file.xnnpack.ratio = None
    assert costs.latency(found, "finetuned", "pi4").why == "the baseline cannot run"
    del file.xnnpack.ratio
    assert costs.latency(found, "finetuned", "pi4").why == "cannot run"


def test_detail_has_the_seeds_for_limits() -> None:
    found = costs.detail(timed(TIMES))
    assert found["finetuned"]["ethos_u"]["cycles"] == costs_of(3000)[INT8]["cycles"]
    assert {*found["finetuned"]["ethos_u"]["cycles"]["seeds"]} == {str(seed) for seed in SEEDS}
    assert found["finetuned"]["cpu"].keys() == {
        "artifact", "bytes", "macs", "peak_activation_bytes",
    }  # fmt: skip
    assert found["finetuned"]["latency_ratio"] == {"pi4": 0.4}
    assert found["baseline"]["latency_ratio"] == {"pi4": 1.0}
