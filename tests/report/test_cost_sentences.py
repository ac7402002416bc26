"""The sentences about costs say why a figure is missing, once for each reason."""

import math
from typing import Any

import pytest

from made_up_results import measured_of, results
from secateur.report import cost_sentences
from secateur.report.budget import Budget
from secateur.report.costs import detail
from secateur.report.results import Results

FLOAT, INT8 = "minified_float32", "minified_int8"


def made(**changed: Any) -> Results:
    return results([0.1] * 5, **changed)


def about(found: Results, *words: str) -> list[str]:
    """The sentences with all these words."""
    said = cost_sentences.sentences(found)
    assert len(said) == len({*said})
    return [sentence for sentence in said if all(word in sentence for word in words)]


def test_a_reason_is_said_once_with_the_models_that_it_is_of() -> None:
    found = made()
    for model in ("baseline", "finetuned"):
        del found.costs[model][INT8]
    (said,) = about(found, "No figure", "Ethos-U")
    assert "baseline, finetuned: Vela takes int8 files only." in said
    assert "control" not in said
    assert not about(found, "No figure", "microcontroller")


def test_what_has_no_reason_is_still_said() -> None:
    found = made(costs={"baseline": {}, "control": {}, "finetuned": {}})
    for device in ("a CPU", "the microcontroller", "the Ethos-U"):
        (said,) = about(found, "No figure", device)
        assert "baseline, control, finetuned" in said
    assert about(results([math.nan] * 5), "finetuned", "not finite")


def test_a_model_that_ships_no_tflite_file_is_named() -> None:
    found = made()
    found.sizes["finetuned"][FLOAT]["validation"]["median"] = 3.0
    (said,) = about(found, "No figure", "a CPU")
    assert "finetuned: what ships is stripped" in said


def test_files_that_are_not_as_good_are_named_with_error_and_distance() -> None:
    (said,) = about(made(), "!")
    assert "finetuned (20% above; test MSE 0.12)" in said
    assert "the Ethos-U" in said


def test_a_ratio_of_files_of_two_types_is_told() -> None:
    found = made()
    del found.costs["control"][FLOAT]
    (said,) = about(found, "two types")
    assert (
        "finetuned (float32 against int8 of control; its own int8 file has an error on validation "
        "rows 20% above its source model's)" in said
    )
    assert not about(made(), "two types")


def test_what_is_no_worse_is_no_reason_for_another_type() -> None:
    found = made()
    del found.costs["control"][FLOAT]
    found.sizes["finetuned"][INT8]["validation"]["median"] = 0.25
    found.costs["finetuned"][INT8]["bytes"]["median"] *= 2
    (said,) = about(found, "two types", "the microcontroller")
    assert "finetuned (float32 against int8 of control)" in said


@pytest.mark.parametrize(
    ("start", "though"), [("baseline", ""), ("control", ", though it starts from control")]
)
def test_a_control_that_has_no_files_is_no_reference_of_costs(start: str, though: str) -> None:
    found = made()
    own = found.recipes["finetuned"].model_copy(update={"start": start, "epochs": 9})
    alone = found._replace(
        recipes={"control": found.recipes["control"].model_copy(update={"start": "initial"}),
                 "finetuned": own},
        controls={"finetuned": {"same_training": {}}},
    )  # fmt: skip
    (said,) = about(alone, "has no files")
    assert said.endswith(f"which finetuned is compared with elsewhere, has no files: here its "
                         f"ratios are to the baseline{though}.")  # fmt: skip
    assert not about(alone._replace(controls={}), "has no files")
    assert not about(found._replace(controls=alone.controls), "has no files")


def test_flash_that_is_unknown_is_told_from_a_file_that_cannot_run() -> None:
    found = made()
    for model in found.models:
        del found.costs[model][INT8]["flash_kib"]
    (said,) = about(found, "No flash")
    assert "baseline, control, finetuned" in said
    assert "memory mode" in said


def test_without_a_measured_time_it_says_how_to_measure() -> None:
    (said,) = about(made(), "No time")
    for word in ("metrics/latency.json", "metrics/devices/NAME.json", "secateur bench-kit"):
        assert word in said


def test_a_stale_time_is_told() -> None:
    times = measured_of({f"{model}/{FLOAT}": 1.0 for model in ("baseline", "finetuned")})
    found = made(measured={"pi4": times})
    assert about(found, "Times on pi4", "a <processor>")
    (said,) = about(found, "of an older file")
    assert "baseline, finetuned" in said
    assert "measure again" in said
    assert about(found, "not measured", "control")
    assert not about(found, "No time has been measured")


def test_a_time_has_its_spread_over_the_rounds() -> None:
    ratios = {f"baseline/{FLOAT}": 1.0, f"finetuned/{FLOAT}": 0.5}
    found = made(measured={"pi4": measured_of(ratios)}, hashes=dict.fromkeys(ratios, "0" * 64))
    (said,) = about(found, "Times on pi4")
    assert "finetuned 0.5 (0.45 to 0.55)" in said


def test_the_tools_are_named_with_their_versions() -> None:
    tools = {"microcontroller": "tflite-micro 0.1",
             "ethos_u": {"accelerator": "ethos-u55-128", "memory_mode": "Shared_Sram"}}  # fmt: skip
    said = " ".join(about(made(cost_devices=tools), "Figures"))
    for word in ("tflite-micro 0.1", "ethos-u55-128", "Shared_Sram"):
        assert word in said
    assert not about(made(cost_devices={}), "Figures")


def test_what_vela_leaves_to_the_cpu_is_named_once() -> None:
    found = made()
    for model in ("control", "finetuned"):
        found.costs[model][INT8]["cpu_operators"] = {"CONV_3D": 2, "ELU": 1}
    assert about(found, "On the Ethos-U, Vela") == [
        "On the Ethos-U, Vela leaves 2 CONV_3D, 1 ELU of it to the CPU, which no figure counts: "
        "control, finetuned."
    ]


def test_another_device_has_its_own_recommendation() -> None:
    (said,) = cost_sentences.on_devices(made(), "finetuned")
    for word in ("the Ethos-U", INT8, "MSE 0.12", "20% above"):
        assert word in said
    found = made()
    del found.costs["finetuned"][INT8]
    assert cost_sentences.on_devices(found, "finetuned") == []


def test_the_distance_of_the_recommended_file_is_told() -> None:
    found = made(budget=Budget(macs=1000, latency_ratio=1.0))
    broken, unknown = cost_sentences.on_budget(found, "finetuned", detail(found))
    assert "breaks" in broken
    assert "nobody knows" in unknown
    (none,) = cost_sentences.on_budget(found, None, detail(found))
    assert "none keeps the budget" in none
    assert cost_sentences.on_budget(made(), None, {}) == []
