"""What stands in the tables of costs, of files and of budgets."""

from typing import Any

import pytest

from made_up_results import measured_of, results
from secateur.report import cost_table
from secateur.report.budget import Budget
from secateur.report.costs import detail
from secateur.report.results import Results
from secateur.report.table import Table

TIMES = {"baseline/minified_float32": 1.0, "finetuned/minified_float32": 0.97}


def made(**changed: Any) -> Results:
    return results([0.1] * 5, **changed)


def texts(table: Table | None) -> dict[str, dict[str, str]]:
    """A table's cells by row and column."""
    assert table
    head = [cell.text for cell in table.head]
    assert all(len(row) == len(head) for row in table.rows)
    return {
        row[0].text: {
            name: cell.text.replace("\xa0", " ") for name, cell in zip(head, row, strict=True)
        }
        for row in table.rows
    }


def costs(found: Results) -> dict[str, dict[str, str]]:
    return texts(cost_table.costs(found, detail(found)))


def test_each_cost_stands_beside_its_ratio_to_the_control() -> None:
    found = costs(made())
    assert found["finetuned"] == {
        "model": "finetuned", "compared with": "control",
        "file to ship, gzipped bytes": "1,000 (0.50)",
        "MACs": "3,000 (0.50)", "peak of activations, bytes": "576 (1.00)",
        "microcontroller: file, bytes": "1,500 (0.50)",
        "microcontroller: arena, bytes": "1,400 (0.70)",
        "Ethos-U: cycles": "750 (0.50) !", "Ethos-U: SRAM, KiB": "1.5 (1.00) !",
        "Ethos-U: flash, KiB": "3 (0.50) !",
    }  # fmt: skip
    assert found["control"]["compared with"] == "baseline"
    assert found["baseline"]["MACs"] == "6,000"
    assert found["baseline"]["compared with"] == "-"


def test_a_ratio_of_files_of_two_types_says_so() -> None:
    made_up = made()
    del made_up.costs["control"]["minified_float32"]
    found = costs(made_up)["finetuned"]
    assert found["microcontroller: file, bytes"] == "1,500 (float32, 0.50 of int8)"
    assert found["Ethos-U: cycles"] == "750 (0.50) !"
    made_up = made()
    own = made_up.sizes["control"]
    own["minified_float16"] = own["minified_float32"]
    made_up.costs["control"]["minified_float16"] = made_up.costs["control"]["minified_float32"]
    own["minified_float32"] = own["minified_int8"]
    found = costs(made_up)["finetuned"]
    assert found["file to ship, gzipped bytes"] == "1,000 (float32, 0.50 of float16)"
    assert found["peak of activations, bytes"] == "576 (float32, 1.00 of float16)"
    assert found["MACs"] == "3,000 (0.50)"  # of no type


def test_what_vela_leaves_to_the_cpu_is_marked() -> None:
    made_up = made()
    made_up.costs["control"]["minified_int8"]["cpu_operators"] = {"CONV_3D": 2}
    found = costs(made_up)
    assert found["control"]["Ethos-U: cycles"] == "1,500 (1.00) + CPU !"
    assert found["finetuned"]["Ethos-U: cycles"] == "750 (0.50) !"


def test_what_cannot_run_has_no_figure_and_no_other_is_compared_with_it() -> None:
    made_up = made()
    del made_up.costs["control"]["minified_int8"]
    found = costs(made_up)
    assert found["control"]["Ethos-U: cycles"] == "-"
    assert found["finetuned"]["Ethos-U: cycles"] == "750 !"
    made_up = made(costs={name: {} for name in ("baseline", "control", "finetuned")})
    for row in costs(made_up).values():
        assert {*[*row.values()][2:]} == {"-"}


def test_a_device_that_was_measured_has_a_column() -> None:
    hashes = dict.fromkeys(TIMES, "0" * 64)
    made_up = made(measured={"pi4": measured_of(TIMES)}, hashes=hashes)
    column = "time on pi4, microseconds"
    found = {model: row[column] for model, row in costs(made_up).items()}
    assert found == {"baseline": "20", "control": "not measured", "finetuned": "19.4"}
    found = {model: row[column] for model, row in costs(made_up._replace(hashes={})).items()}
    assert found["finetuned"] == found["baseline"] == "of an older file"


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        ({}, None),
        ({"macs": 3000}, "keeps it"),
        ({"macs": 2999, "cycles": 750, "flash_kib": 2.5}, "breaks flash_kib, macs"),
        ({"macs": 2999, "latency_ratio": 1.0}, "breaks macs; unknown: latency_ratio"),
        ({"latency_ratio": 1.0}, "unknown: latency_ratio"),
    ],
    ids=str,
)
def test_the_table_marks_what_keeps_the_budget(budget: dict[str, Any], expected: str) -> None:
    found = costs(made(budget=Budget.model_validate(budget)))
    assert found["finetuned"].get("budget") == expected


def test_each_device_has_its_file_and_the_error_of_a_bad_one() -> None:
    found = texts(cost_table.device_files(made()))["finetuned"]
    assert [*found.values()][1:] == [
        "minified_float32, 0.1", "minified_float32, 0.1",
        "minified_int8, 0.12 ! (20% above its source)",
    ]  # fmt: skip
    without = texts(cost_table.device_files(results([float("nan")] * 5)))["finetuned"]
    assert [*without.values()][1:] == ["-", "-", "-"]


def test_the_distance_from_each_budget_is_shown() -> None:
    assert cost_table.distances(made(), detail(made())) is None
    given = Budget(macs=4000, flash_kib=2.5, latency_ratio=1.0)
    made_up = made(budget=given)
    found = texts(cost_table.distances(made_up, detail(made_up)))
    assert found["finetuned"] == {
        "model": "finetuned", "flash_kib, at most 2.5": "3, 20% above",
        "macs, at most 4,000": "3,000, 25% below", "latency_ratio, at most 1": "unknown",
    }  # fmt: skip


def test_a_single_model_has_a_table() -> None:
    alone = made()._replace(models=["baseline"], recipes={})
    assert [*costs(alone)] == ["baseline"]


def test_small_figures_are_not_nothing() -> None:
    figures = (215_359, 100.5, 3.19921875, 0.046875, 0)
    assert [*map(cost_table.amount, figures)] == ["215,359", "100", "3.2", "0.0469", "0"]


def test_small_ratios_are_not_nothing() -> None:
    assert [cost_table.share(r) for r in (None, 0.0, 0.004, 0.1, 1.234)] == [
        "", " (0.00)", " (0.004)", " (0.10)", " (1.23)",
    ]  # fmt: skip


def test_a_terminal_of_ascii_shows_the_tables() -> None:
    made_up = made(budget=Budget(macs=1))
    for table in (
        cost_table.costs(made_up, detail(made_up)),
        cost_table.device_files(made_up),
        cost_table.distances(made_up, detail(made_up)),
    ):
        assert table
        assert table.markdown().isascii()
