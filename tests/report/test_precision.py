"""The section on the precision of each layer, from what the stage writes."""

from pathlib import Path
from typing import Any

import pytest

from made_up_results import results
from secateur.core import files
from secateur.export.by_layer import Assignment
from secateur.precision import choosing, tables
from secateur.precision.trials import Figures
from secateur.report import metrics, precision


def written(folder: Path, layers: list[str], ratio: float) -> dict[str, Any]:
    """Read what is written of a choice where int4 costs a tenth more of each layer before."""

    def measure(chosen: Assignment) -> Figures:
        more = sum(1 + n / 10 for n, own in enumerate(chosen.weights.values()) if own == "int4")
        size = 900 - 10 * list(chosen.weights.values()).count("int4")
        return Figures((ratio + more, ratio + more), size)

    found = choosing.cheapest({name: ["int4", "int8"] for name in layers}, measure, 2.5)
    files.write_json(folder / "precision.json", tables.chosen(found, 2.5))
    files.write_csv(folder / "costs.csv", tables.costs(found))
    return metrics.read_precision({"control": folder})


@pytest.mark.parametrize("layers", [["nan"], ["NA", "null"], [f"layer_{n}" for n in range(100)]])
def test_a_table_and_a_picture_for_any_layers(tmp_path: Path, layers: list[str]) -> None:
    given = results([0.1] * 5)._replace(precision=written(tmp_path, layers, 1.25))
    ((sentence, picture, table),) = precision.section(given)["precision"]
    assert sentence.startswith(f"control: int4 for {layers[0]}, int8 for the rest. In the median")
    assert "at 890 gzipped bytes; that of int8 alone 1.25 times, at 900." in sentence
    assert len(table.rows) == len(layers) + 3
    assert f"{layers[0]}: int4 2.25, chosen" in picture.alt or len(layers) > 24


def test_what_could_not_be_measured_and_a_bound_that_is_not_kept_are_told(tmp_path: Path) -> None:
    given = results([0.1] * 5)._replace(precision=written(tmp_path, ["a"], float("inf")))
    ((sentence, _, table),) = precision.section(given)["precision"]
    assert "not finite times the float file's" in sentence
    assert "more than the 2.5 that params.yaml allows" in sentence
    assert "not finite" in table.markdown()
