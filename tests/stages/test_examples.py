"""The two examples run with their own data, one seed and few epochs."""

import runpy
from pathlib import Path

import pytest

from import_graph import ROOT
from own_project import example, read, run_all


def test_the_digits_example(here: Path) -> None:
    example_data("digits", here)
    run_all({**example("digits"), "seeds": [0]})
    sizes = read("sizes")["whole"]
    int8, float32 = (sizes[f"minified_{kind}"]["gzip_bytes"] for kind in ("int8", "float32"))
    assert int8["median"] < float32["median"]
    sparsity = read("evaluation")["whole"]["stripped"]["sparsity"]
    assert sparsity["conv_1"]["median"] == pytest.approx(0.6, abs=0.01)
    dense = read("evaluation")["dense_layers"]["stripped"]["sparsity"]
    assert dense["conv_1"]["median"] == 0
    assert dense["hidden_1"]["median"] == pytest.approx(0.8, abs=0.01)
    # 16 filters of 3 × 3 at 6 × 6 places, then 144 × 64 and 64 × 10 weights.
    assert sizes["stripped"]["macs"]["median"] == 16 * 9 * 36 + 144 * 64 + 640
    assert sizes["stripped_float32"]["macs"]["median"] == sizes["stripped"]["macs"]["median"]
    assert read("evaluation")["baseline"]["stripped"]["accuracy"]["median"] > 0.6


def test_the_diabetes_example(here: Path) -> None:
    example_data("diabetes", here)
    run_all({**example("diabetes"), "seeds": [0]})
    scores = read("evaluation")["half"]["stripped"]
    assert {"mse", "mae", "r2"} < scores.keys()
    assert "sex=a" in Path("metrics/report.md").read_text()


def example_data(name: str, folder: Path) -> None:
    """As `make example` begins."""
    runpy.run_path(str(ROOT / "examples/run.py"))["prepare"](name, folder)
