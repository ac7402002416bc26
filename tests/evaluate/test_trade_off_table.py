"""Each point of the curve has a row; one that LiteRT cannot run has none, and says why."""

import json
from pathlib import Path

from secateur.arrays.rows import Rows
from secateur.evaluate import size_table, trade_off_table
from secateur.evaluate.sizes import MeasureSizes
from secateur.export.tflite import convert
from small_networks import REGRESSION
from tflite_files import not_runnable, pruned_network, rows_of

SETTINGS = MeasureSizes(gzip_level=9, largest_error_ratio=100)


def test_a_point_that_one_seed_cannot_run_has_no_row(tmp_path: Path) -> None:
    model = pruned_network()
    rows = rows_of(model)
    ((_, content),) = convert(model, ["float32"], rows.x)
    contents = {"a": content, "b": content, "c": not_runnable(content)}
    for name, own in contents.items():
        (tmp_path / name).write_bytes(own)
    columns = list(range(10))
    points = [
        {"kind": "pruned", "sparsity": sparsity, "seed": seed, "file": file, "int8": None,
         "inputs": inputs}
        for sparsity, seed, file, inputs in (
            (0.5, 1, "a", None), (0.9, 1, "b", columns), (0.9, 2, "c", None),
        )
    ]  # fmt: skip
    (tmp_path / "points.json").write_text(json.dumps(points))
    wide = Rows(rows.x, rows.y)
    found, missing = trade_off_table.measured(REGRESSION, tmp_path, wide, SETTINGS)
    figures = size_table.tflite_file(REGRESSION, tmp_path / "a", rows, SETTINGS)
    assert found == [{
        "kind": "pruned", "sparsity": 0.5, "seed": 1, "gzip_bytes": figures["gzip_bytes"],
        "nonzero": figures["nonzero"], "error": figures["mse"],
        "int8_error": "",
    }]  # fmt: skip
    assert list(missing) == ["pruned 0.9"]
    assert missing["pruned 0.9"]["2"].startswith("LiteRT cannot run it")


def test_the_int8_file_of_a_point_has_an_error_of_its_own(tmp_path: Path) -> None:
    model = pruned_network()
    rows = rows_of(model)
    files = dict(convert(model, ["float32", "int8"], rows.x))
    for name, content in {**files, "damaged": not_runnable(files["float32"])}.items():
        (tmp_path / name).write_bytes(content)
    points = [
        {"kind": kind, "sparsity": 0.5, "seed": 1, "file": "float32", "int8": int8, "inputs": None}
        for kind, int8 in (("pruned", "int8"), ("random", "damaged"))
    ]
    (tmp_path / "points.json").write_text(json.dumps(points))
    found, missing = trade_off_table.measured(REGRESSION, tmp_path, rows, SETTINGS)
    own = size_table.tflite_file(REGRESSION, tmp_path / "int8", rows, SETTINGS)["mse"]
    assert [row["int8_error"] for row in found] == [own, ""]
    assert own != found[0]["error"]
    assert missing == {}
