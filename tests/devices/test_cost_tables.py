"""A figure stands in a table for all seeds or for none."""

from typing import Any

from secateur.devices import cost_tables
from secateur.evaluate.operators import Operator


def cost(**other: Any) -> dict[str, Any]:
    return {"bytes": 8, "macs": 4, "why": {}, **other}


def test_a_figure_that_one_seed_lacks_is_left_out_and_its_seed_named() -> None:
    found = cost_tables.summary({
        0: cost(cycles=7, cpu_operators={"A": 1}), 3: cost(why={"ethos_u": "too large"}),
    })  # fmt: skip
    assert found["macs"] == {"median": 4.0, "seeds": {"0": 4, "3": 4}}
    assert "cycles" not in found
    assert "cpu_operators" not in found
    assert found["why"] == {"ethos_u": "too large (seed 3)"}


def test_operators_left_to_the_cpu_are_the_most_of_any_seed() -> None:
    found = cost_tables.summary({
        0: cost(cpu_operators={"A": 1}), 1: cost(cpu_operators={"A": 2, "B": 1}),
    })  # fmt: skip
    assert found["cpu_operators"] == {"A": 2, "B": 1}


def test_each_operator_is_a_row() -> None:
    operator = Operator("CONV_2D", [1, 4, 4, 2], 64, 18, 9, 128)
    (row,) = cost_tables.layers("m", 2, "minified_int8", {"operators": [operator]})
    assert row["shape"] == "1x4x4x2"
    assert row["nonzero"] == 9
    assert cost_tables.layers("m", 2, "minified_int8", {"why": {}}) == []


def test_a_point_that_one_seed_lacks_has_an_empty_cell_in_all() -> None:
    named = {"kind": "pruned", "sparsity": 0.5}
    rows = [
        cost_tables.point({**named, "seed": seed}, "int8", 9, cost(**figures))
        for seed, figures in ((0, {"cycles": 5, "nonzero": 3}), (1, {"nonzero": 2}))
    ]
    rows.append(cost_tables.point({**named, "seed": 0}, "float32", 9, cost(arena_bytes=4)))
    found = cost_tables.in_all_seeds(rows)
    assert [row["cycles"] for row in found] == ["", "", ""]
    assert [row["nonzero"] for row in found] == [3, 2, ""]
    assert [row["arena_bytes"] for row in found] == ["", "", 4]
