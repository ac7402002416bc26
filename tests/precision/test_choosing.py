"""The greedy choice of precisions, from made-up figures."""

from collections.abc import Mapping

import pytest

from secateur.export.by_layer import Assignment
from secateur.precision import choosing, tables, trials
from secateur.precision.trials import Figures

KERNELS = {name: ["int4", "int8", "float32"] for name in "abc"} | {"d": ["int8", "float32"]}
# What each change adds to the ratio of errors, and to the bytes.
COSTS = {
    ("a", "int4"): (0.01, -100), ("b", "int4"): (0.2, -100), ("c", "int4"): (0.03, -50),
    ("a", "float32"): (-0.01, 300), ("b", "float32"): (-0.2, 300), ("c", "float32"): (0.0, 150),
    ("d", "float32"): (-0.1, 600), ("activations", "int16"): (-0.05, 10),
}  # fmt: skip


class Measured:
    """Costs that add up, of files of 1,000 bytes and one and a half times the error."""

    def __init__(self, costs: Mapping[tuple[str, str], tuple[float, float]] = COSTS) -> None:
        self.costs, self.asked = costs, list[str]()

    def __call__(self, precision: Assignment) -> Figures:
        self.asked.append(precision.model_dump_json())
        changes = [self.costs.get(item, (0, 0)) for item in precision.weights.items()]
        changes.append(self.costs.get(("activations", precision.activations), (0, 0)))
        ratio = 1.5 + sum(error for error, _ in changes)
        return Figures((ratio - 0.1, ratio, ratio + 0.3), 1000 + sum(size for _, size in changes))


def chosen(largest: float, **costs: tuple[float, float]) -> choosing.Choice:
    more = {tuple(name.split("_")): cost for name, cost in costs.items()}
    return choosing.cheapest(KERNELS, Measured({**COSTS, **more}), largest)  # type: ignore[dict-item]


def not_int8(choice: choosing.Choice) -> dict[str, str]:
    parts = {layer: own for layer, own in choice.precision.weights.items() if own != "int8"}
    return parts | {"activations": choice.precision.activations}


@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        (1.52, {"a": "int4"}),  # those first that lose least for a byte
        (1.55, {"a": "int4", "c": "int4"}),
        (9, {"a": "int4", "b": "int4", "c": "int4"}),
        (1.5, {}),
    ],
)
def test_int4_is_taken_as_long_as_the_error_stays(largest: float, expected: dict) -> None:
    found = chosen(largest)
    assert not_int8(found) == {**expected, "activations": "int8"}
    assert found.within(largest)
    assert found.figures.gzip_bytes == 1000 + sum(COSTS[item][1] for item in expected.items())


@pytest.mark.parametrize(
    ("largest", "expected"),
    [
        (1.45, {"activations": "int16"}),  # brings most for its bytes
        (1.3, {"activations": "int16", "b": "float32"}),
        (1.2, {"activations": "int16", "b": "float32", "d": "float32"}),
    ],
)
def test_what_helps_most_for_its_bytes_is_made_more_precise(largest: float, expected: dict) -> None:
    found = chosen(largest)
    assert not_int8(found) == expected
    assert found.within(largest)


def test_after_a_layer_is_made_float_others_may_still_become_int4() -> None:
    found = chosen(1.33, activations_int16=(0.0, 10))
    assert not_int8(found) == {"activations": "int8", "b": "float32", "a": "int4"}
    assert found.figures.ratio == pytest.approx(1.31)


def test_a_bound_that_no_choice_keeps_is_told_with_the_least_error() -> None:
    found = chosen(1.01)
    assert not found.within(1.01)
    assert found.figures.ratio == pytest.approx(1.14)
    assert tables.chosen(found, 1.01)["kept"] is False


def test_int4_that_saves_nothing_is_not_taken() -> None:
    assert not_int8(chosen(9, a_int4=(-0.1, 0), b_int4=(0, 20), c_int4=(0, 20))) == {
        "activations": "int8"
    }


def test_a_seed_without_a_number_counts_as_endless() -> None:
    assert Figures((1.0, float("nan"), 1.0), 9).ratio == float("inf")


def test_each_change_is_a_row_that_says_whether_it_was_chosen() -> None:
    rows = tables.costs(chosen(1.52))
    assert len(rows) == 8
    assert [row["part"] for row in rows if row["chosen"]] == ["a"]
    (row,) = [row for row in rows if (row["part"], row["precision"]) == ("b", "int4")]
    assert row["error_ratio"] == pytest.approx(1.7)
    assert (row["lowest"], row["highest"]) == (pytest.approx(1.6), pytest.approx(2.0))
    assert row["gzip_bytes"] == 900


def test_the_choice_is_told_in_words() -> None:
    assert trials.described(Assignment(weights={"a": "int8"})) == "int8 alone"
    both = Assignment(activations="int16", weights={"a": "int8", "b": "float32"})
    assert trials.described(both) == "activations int16, b float32"
