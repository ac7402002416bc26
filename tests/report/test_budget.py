"""A budget judges by figures, and never calls kept what nobody knows."""

import math
from typing import Any

import pytest

from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.report import budget
from secateur.report.budget import Budget

COSTS: dict[str, Any] = {
    "cpu": {"artifact": "minified_float16", "bytes": {"median": 700}, "macs": {"median": 1000}},
    "microcontroller": {"artifact": "minified_int8", "arena_bytes": {"median": 2000}},
    "ethos_u": {"artifact": "minified_int8", "cycles": {"median": 500.5},
                "flash_kib": {"median": 3.25}},
    "latency_ratio": {"pi4": 0.9, "phone": 1.2},
}  # fmt: skip


def judged(costs: dict[str, Any] = COSTS, **given: float) -> list[budget.Judged]:
    return budget.judge(Budget.model_validate(given), costs)


def kept(costs: dict[str, Any] = COSTS, **given: float) -> list[bool | None]:
    return [budget.kept(one) for one in judged(costs, **given)]


def test_without_a_budget_nothing_is_judged() -> None:
    assert judged() == []


@pytest.mark.parametrize(
    ("cost", "figure"),
    [("file_bytes", 700), ("macs", 1000), ("arena_bytes", 2000), ("flash_kib", 3.25)],
)
def test_a_figure_as_large_as_the_budget_keeps_it(cost: str, figure: float) -> None:
    (one,) = judged(**{cost: figure})
    assert (one.figure, budget.kept(one), budget.distance(one)) == (figure, True, 0)
    smaller = int(figure) if cost == "flash_kib" else figure - 1
    assert kept(**{cost: smaller}) == [False]


def test_a_file_for_each_device_is_judged_by_its_own_budget() -> None:
    found = {one.cost: one.artifact for one in judged(cycles=1, macs=1, latency_ratio=1.0)}
    assert found == {"cycles": "minified_int8", "macs": "minified_float16",
                     "latency_ratio": "minified_float16"}  # fmt: skip


def test_the_slowest_device_counts() -> None:
    (one,) = judged(latency_ratio=1.0)
    assert (one.figure, one.device, budget.kept(one)) == (1.2, "phone", False)
    assert kept(latency_ratio=1.3) == [True]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({}, None),
        ({"pi4": None}, None),
        ({"pi4": 0.9, "phone": None}, None),  # the phone may be slower
        ({"pi4": 1.9, "phone": None}, False),
        ({"pi4": math.nan}, None),
        ({"pi4": True}, None),
    ],
    ids=str,
)
def test_a_device_without_a_time_of_the_file_keeps_nothing(
    times: dict[str, Any], expected: bool | None
) -> None:
    assert kept({**COSTS, "latency_ratio": times}, latency_ratio=1.0) == [expected]


@pytest.mark.parametrize(
    "costs",
    [
        {},
        {"ethos_u": {}},
        {"ethos_u": {"artifact": "minified_int8"}},
        {"ethos_u": {"cycles": None}},
        {"ethos_u": {"cycles": 3}},
        {"ethos_u": {"cycles": {"median": None}}},
        {"ethos_u": {"cycles": {"median": math.nan}}},
        {"ethos_u": {"cycles": {"median": "few"}}},
    ],
    ids=str,
)
def test_what_is_unknown_is_not_kept(costs: dict[str, Any]) -> None:
    assert kept(costs, cycles=10**9, latency_ratio=9.0) == [None, None]
    for one in judged(costs, cycles=10**9, latency_ratio=9.0):
        said = budget.sentence("small", one)
        assert "nobody knows" in said
        assert one.cost in said
    assert "metrics/devices/NAME.json" in said


def test_a_sentence_has_figure_budget_and_distance() -> None:
    (one,) = judged(cycles=385)
    said = budget.sentence("small", one)
    for word in ("cycles", "small breaks", "500.5", "385", "30% above", "minified_int8",
                 "the Ethos-U"):  # fmt: skip
        assert word in said
    assert "small keeps" in budget.sentence("small", *judged(cycles=1001))
    assert "50% below" in budget.sentence("small", *judged(cycles=1001))


def test_no_distance_is_rounded_to_nothing() -> None:
    assert budget.apart(0.001) == "less than 1% above"
    assert budget.apart(-0.001) == "less than 1% below"
    assert budget.apart(0.0) == "just that"


def test_numbers_are_readable() -> None:
    assert [budget.number(n) for n in (12_500_000, 3.25, 0.98765, 2.0)] == [
        "12,500,000", "3.25", "0.9877", "2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("most", "figure", "words"),
    [
        (1000.4, 1000.45, "breaks the budget of 1,000.4 with 1,000.5, less than 1% above"),
        (1.0, 1.00001, "breaks the budget of 1 with 1.00001, less than 1% above"),
        (9.9949, 9.9951, "breaks the budget of 9.9949 with 9.9951,"),
        (1.00001, 1.0, "keeps the budget of 1.00001 with 1, less than 1% below"),
        (0.94999, 0.95001, "breaks the budget of 0.94999 with 0.95001,"),
        (2e-9, 2.000001e-9, "breaks the budget of 0.000000002 with 0.000000002000001,"),
        (1000000.0, 1000000.5, "breaks the budget of 1,000,000 with 1,000,000.5,"),
        (1000.4, 1000.4, "keeps the budget of 1,000 with 1,000, just that"),
        (0.8, 0.98765, "breaks the budget of 0.8 with 0.9877, 23% above"),
    ],
)
def test_a_sentence_tells_the_figure_from_the_budget(
    most: float, figure: float, words: str
) -> None:
    one = budget.Judged("latency_ratio", most, figure, "minified_int8", "phone")
    assert words in budget.sentence("small", one)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cycles": 0}, ["cycles", "0", "greater than or equal to 1"]),
        ({"flash_kib": -1}, ["flash_kib", "-1", "greater than 0"]),
        ({"latency_ratio": math.nan}, ["latency_ratio", "finite"]),
        ({"macs": 1.5}, ["macs", "1.5"]),
        ({"cycle": 3}, ["cycle", "did you mean", "cycles"]),
        (None, ["budget"]),
    ],
    ids=str,
)
def test_a_budget_that_cannot_be_meant_is_refused(given: Any, words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        validate(Budget, given, "params.yaml: budget")
    for word in words:
        assert word in str(error.value)
