"""The examples run with their own data, or made-up rows of its kind, one seed and few epochs."""

import json
import math
import runpy
from pathlib import Path
from typing import Any

import numpy as np
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


def test_the_mnist_example_on_made_up_pictures(here: Path) -> None:
    example_data("mnist", here)
    x, y = pictures((28, 28, 1), 200)
    Path("data").mkdir()
    np.savez("data/mnist.npz", x=x, y=y)
    params = {**example("mnist"), "seeds": [0]}
    params["recipes"]["quantized"]["quantization"]["weights"] = "int4"
    params["mix_precision"] |= {"recipes": ["thin"], "largest_error_ratio": 1e6, "rows": 20}
    run_all(params)
    sparsity = {
        name: {layer: own["median"] for layer, own in score["stripped"]["sparsity"].items()}
        for name, score in read("evaluation").items()
    }
    for name in ("uniform", "one_threshold"):
        assert sparsity[name]["kernels"] == pytest.approx(0.95, abs=0.001)
    layers = ("conv_1", "conv_2", "hidden_1", "output")
    assert all(sparsity["uniform"][name] == pytest.approx(0.95, abs=0.005) for name in layers)
    assert len({round(sparsity["one_threshold"][name], 2) for name in layers}) > 2
    targets = {name: score["target"] for name, score in read("evaluation").items()}
    assert targets["one_threshold"] == {"kernels": pytest.approx(0.95)}
    kept, made = sparsity["one_threshold"]["kernels"], sparsity["quantized"]["kernels"]
    assert made == pytest.approx(kept, abs=0.005)  # dead channels are not counted
    costs = json.loads(Path("metrics/costs.json").read_text())["models"]
    small = costs["quantized"]["minified_int4"]
    assert small["arena_bytes"]["median"] > 0
    assert "int4" in small["why"]["ethos_u"]
    sizes = read("sizes")
    of_int4, of_int8 = (sizes["quantized"][f"minified_{kind}"] for kind in ("int4", "int8"))
    assert of_int4["gzip_bytes"]["median"] < of_int8["gzip_bytes"]["median"]
    mixed = json.loads(Path("models/mixed/thin/precision.json").read_text())
    assert "int4" in mixed["precision"]["weights"].values()
    assert costs["thin"]["minified_mixed"]["arena_bytes"]["median"] > 0
    report = Path("metrics/report.md").read_text()
    assert "Sparsity of each layer" in report
    assert "Precision of each layer" in report
    assert "PolynomialDecay, 95%, global" in report


def test_the_resnet_example_on_made_up_pictures(here: Path) -> None:
    """A schedule names layers by patterns, and zeros spread by the shapes of kernels."""
    example_data("resnet8", here)
    (x, y), (x_test, y_test) = pictures((32, 32, 3), 120), pictures((32, 32, 3), 40)
    y, y_test = y[:, None], y_test[:, None]  # as Keras gives them
    np.savez("mine.npz", x_train=x, y_train=y, x_test=x_test, y_test=y_test)
    get_data("resnet8")(here / "data", Path("mine.npz"))
    params = {**example("resnet8"), "seeds": [0]}
    # The other stages take minutes for such a network.
    run_all(params, without=("convert", "trade_off", "measure_sizes", "measure_costs", "report"))
    described = json.loads(Path("models/layers.json").read_text())
    weights = [math.prod(layer["kernel"]) for layer in described.values() if layer["kernel"]]
    assert sum(weights) == 77_360  # as MLPerf Tiny's, without biases and normalization
    found = read("evaluation")
    reached = found["by_layer"]["stripped"]["sparsity"]
    targets = {"conv_1": 0.0, "block_1_conv_2": 0.5, "block_2_short": 0.7, "block_3_conv_2": 0.9,
               "block_3_short": 0.9, "output": 0.0}  # fmt: skip
    for name, target in targets.items():
        assert reached[name]["median"] == pytest.approx(target, abs=0.001), name
    by_shape = found["by_shape"]["stripped"]["sparsity"]
    assert by_shape["kernels"]["median"] == pytest.approx(0.8, abs=0.001)
    for name, target in found["by_shape"]["target"].items():
        assert by_shape[name]["median"] == pytest.approx(target, abs=0.005), name


def test_a_file_that_is_not_in_keras_form_is_refused_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", x=np.zeros(3))
    with pytest.raises(SystemExit, match=r"mine\.npz: .*x_train, y_train, x_test, y_test"):
        get_data("resnet8")(tmp_path, tmp_path / "mine.npz")


def test_the_chain_takes_a_folder_of_its_network_and_pictures(tmp_path: Path) -> None:
    get, data, given = get_data("chain"), tmp_path / "run/data", tmp_path / "given"
    with pytest.raises(SystemExit, match=r"FILE: .*pretrainedResnet\.h5"):
        get(data)
    given.mkdir()
    (given / "mine.npz").write_bytes(b"pictures")
    with pytest.raises(SystemExit, match=r"given: must be a folder of pretrainedResnet\.h5"):
        get(data, given)
    (given / "pretrainedResnet.h5").write_bytes(b"network")
    get(data, given)
    assert (data / "pictures.npz").read_bytes() == b"pictures"
    assert (tmp_path / "run/network/pretrainedResnet.h5").read_bytes() == b"network"
    get(data)  # a later run finds both
    (given / "other.npz").touch()
    with pytest.raises(SystemExit, match=r"one \.npz file"):
        get(data, given)


def get_data(name: str) -> Any:
    return runpy.run_path(str(ROOT / f"examples/{name}/get_data.py"))["main"]


def pictures(shape: tuple[int, ...], count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of ten classes; each has pixels of its own that are bright."""
    random, y = np.random.default_rng(count), np.arange(count) % 10
    bright = np.random.default_rng(0).integers(0, 128, (10, *shape))
    return (bright[y] + random.integers(0, 128, (count, *shape))).astype(np.uint8), y


def example_data(name: str, folder: Path) -> None:
    """As `make example` begins."""
    runpy.run_path(str(ROOT / "examples/run.py"))["prepare"](name, folder)
