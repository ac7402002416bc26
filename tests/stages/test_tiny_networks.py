"""MLPerf Tiny's four networks, as small copies, go from a trained file to the table of results."""

import importlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from own_project import own, read, run_all
from secateur.artifacts import TRADE_OFF, TYPES, tflite_file
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras

L = keras.layers
SPARSITY = {"half": 0.5, "most": 0.8}
THIN = 0.7  # of the multiply-adds
MODELS = ("baseline", "control", *SPARSITY, "thin")
FAMILIES = ("stripped", "compacted", "minified")
PENALTY = keras.regularizers.L2(1e-4)
WIDTH = 10  # channels: half and four fifths of each kernel are whole numbers of weights


def block(x: Any, layer: keras.layers.Layer, activation: bool = True) -> Any:
    x = L.BatchNormalization()(layer(x))
    return L.Activation("relu")(x) if activation else x


def conv(filters: int, size: int = 3, strides: int = 1, **options: Any) -> keras.layers.Layer:
    return L.Conv2D(filters, size, strides, "same", kernel_regularizer=PENALTY, **options)


def resnet() -> keras.Model:
    """ResNet-8: two convolutions beside a shortcut, which is one where the size halves."""
    inputs = L.Input((8, 8, 3))
    x = block(inputs, conv(WIDTH))
    for filters, strides in ((WIDTH, 1), (2 * WIDTH, 2)):
        y = block(block(x, conv(filters, strides=strides)), conv(filters), activation=False)
        x = x if strides == 1 else conv(filters, 1, strides)(x)
        x = L.Activation("relu")(L.Add()([x, y]))
    x = L.Flatten()(L.AveragePooling2D(4)(x))
    return keras.Model(inputs, L.Dense(4, "softmax")(x))


def mobilenet() -> keras.Model:
    """MobileNet v1: depthwise convolutions, each before one of size 1, and no shortcut."""
    inputs = L.Input((12, 12, 3))
    x = block(inputs, conv(WIDTH, strides=2))
    for filters, strides in ((WIDTH, 1), (2 * WIDTH, 2)):
        x = block(x, L.DepthwiseConv2D(3, strides, "same"))
        x = block(x, conv(filters, 1))
    x = L.Flatten()(L.AveragePooling2D(3)(x))
    return keras.Model(inputs, L.Dense(2, "softmax")(x))


def ds_cnn() -> keras.Model:
    """DS-CNN on a spectrogram: a wide convolution, depthwise ones, and Dropout."""
    inputs = L.Input((16, 10, 1))
    x = L.Dropout(0.2)(block(inputs, conv(WIDTH, (10, 4), 2)))
    for _ in range(2):
        x = block(x, L.DepthwiseConv2D(3, padding="same"))
        x = block(x, conv(WIDTH, 1))
    x = L.Flatten()(L.AveragePooling2D((8, 5))(L.Dropout(0.4)(x)))
    return keras.Model(inputs, L.Dense(3, "softmax")(x))


def autoencoder() -> keras.Model:
    """AD01: Dense layers with a bottleneck."""
    inputs = x = L.Input((30,))
    for units in (20, 5, 20):
        x = block(x, L.Dense(units))
    return keras.Model(inputs, L.Dense(30)(x))


def pictures(shape: tuple[int, ...], classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures, each class with a pattern of its own."""
    random, y = np.random.default_rng(1), np.arange(60) % classes
    patterns = np.random.default_rng(0).uniform(0, 128, (classes, *shape))
    return (patterns[y] + random.uniform(0, 64, (60, *shape))).astype(np.float32), y


def spectra(width: int) -> np.ndarray:
    random, steps = np.random.default_rng(1), np.arange(width) / width
    x = np.sin(6 * steps + random.uniform(0, 3, (60, 1))) + random.normal(0, 0.05, (60, width))
    return x.astype(np.float32)


def fit(model: keras.Model, x: np.ndarray, wanted: np.ndarray) -> None:
    """Set normalization to the statistics of rows, and the last layer to its least squares."""
    layers = [layer for layer in model.layers if isinstance(layer, L.BatchNormalization)]
    for layer in layers:
        layer.momentum = 0.0
    model(x, training=True)
    for layer in layers:
        layer.momentum = 0.99
    features = keras.Model(model.input, model.layers[-1].input)(x).numpy()
    with_bias = np.column_stack([features, np.ones(len(x))])
    found = np.linalg.lstsq(with_bias, wanted, rcond=None)[0]
    model.layers[-1].set_weights([found[:-1], found[-1]])


def project(
    make: Callable[[], keras.Model], seeds: tuple[int, ...]
) -> tuple[dict[str, Any], keras.Model]:
    """A trained file and its rows, and the parameters that prune it."""
    keras.utils.set_random_seed(0)
    keras.backend.reset_uids()
    model = make()
    if model.output_shape == model.input_shape:
        x = spectra(30)
        fit(model, x, x)
        np.savez("own.npz", x=x)
        data, task = {"target": "inputs"}, "regression"
    else:
        classes = model.output_shape[1]
        x, y = pictures(model.input_shape[1:], classes)
        fit(model, x, 5 * np.eye(classes)[y])
        np.savez("own.npz", x_train=x[:40], y_train=y[:40], x_test=x[40:], y_test=y[40:])
        data, task = {"target": "y"}, "multiclass"
    model.save("network/tiny.h5")
    ramp = {"type": "PolynomialDecay", "initial_sparsity": 0.0, "begin_step": 0, "end_step": 6,
            "frequency": 2}  # fmt: skip
    recipes = {
        name: {"start": "baseline", "scope": "whole", "epochs": 2, "patience": None,
               "schedule": {**ramp, "final_sparsity": target}}
        for name, target in SPARSITY.items()
    }  # fmt: skip
    control = {"start": "baseline", "scope": "none", "epochs": 2, "patience": None}
    recipes["thin"] = {
        "start": "baseline", "channels": {"keep": {"macs": THIN}, "rounds": 2}, "epochs": 2,
        "patience": None, "distill": {"from": "baseline"},
    }  # fmt: skip
    params = own(
        task=task, data={"source": "own.npz", "standardize": False, **data},
        model={"file": "network/tiny.h5"}, recipes={"control": control, **recipes},
        seeds=list(seeds), training={"optimizer": "Adam", "learning_rate": 1e-4, "batch_size": 8},
    )  # fmt: skip
    params["trade_off"]["training"]["batch_size"] = 8
    return params, model


def curve(seeds: tuple[int, ...]) -> None:
    """Files of the recipes in place of the curve's, whose training other tests cover."""
    TRADE_OFF.mkdir()
    points: list[dict[str, Any]] = []
    kinds = {"dense": "control", "pruned": "most", "random": "most", "smaller": "half"}
    for kind, model in kinds.items():
        for seed in seeds:
            point: dict[str, Any] = {"kind": kind, "seed": seed, "inputs": None}
            point["sparsity"] = 0.8 * (kind != "dense")
            for key, form in {"file": "float32", "int8": "int8"}.items():
                point[key] = f"{kind}_{seed}_{form}.tflite"
                made = tflite_file(model, f"stripped_{form}", seed)
                shutil.copy(made, TRADE_OFF / point[key])
            points.append(point)
    (TRADE_OFF / "points.json").write_text(json.dumps(points))


@pytest.mark.parametrize("make", [resnet, mobilenet, ds_cnn, autoencoder])
def test_from_the_file_to_the_table(
    here: Path, make: Callable[[], keras.Model], capsys: pytest.CaptureFixture[str]
) -> None:
    seeds = (0, 1) if make is resnet else (0,)  # one tells of the others' layers what is to be told
    params, given = project(make, seeds)
    run_all(params, without=("trade_off", "measure_sizes", "measure_costs", "report"))
    curve(seeds)
    for stage in ("measure_sizes", "measure_costs", "report"):
        importlib.import_module(stage).main()

    depthwise = [one.name for one in given.layers if isinstance(one, L.DepthwiseConv2D)]
    said = [line for line in capsys.readouterr().out.splitlines() if "left whole" in line]
    assert len(said) == bool(depthwise)
    assert all(f"{name} (DepthwiseConv2D)" in said[0] for name in depthwise)

    for seed in seeds:
        kept = h5_files.load(Path(f"models/trained/baseline/seed_{seed}.h5"))
        for one, other in zip(kept.get_weights(), given.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
        pruned = h5_files.load(Path(f"models/stripped/most/seed_{seed}.h5"))
        for name in depthwise:
            assert np.all(pruned.get_layer(name).depthwise_kernel != 0), name

    evaluation, sizes = read("evaluation"), read("sizes")
    assert evaluation.keys() == sizes.keys() == {*MODELS}
    prunable = [one.name for one in given.layers if hasattr(one, "kernel")]
    for name, target in {"baseline": 0, "control": 0, **SPARSITY, "thin": 0}.items():
        reached = evaluation[name]["stripped"]["sparsity"]
        for layer in prunable:
            found = reached[layer]["seeds"]
            assert found == {str(seed): pytest.approx(target, abs=1e-6) for seed in seeds}, layer
    assert read("left_out") == {name: {} for name in (*MODELS, "trade-off curve")}
    for name in MODELS:
        for artifact in (f"{family}_{kind}" for family in FAMILIES for kind in TYPES):
            for seed in seeds:
                assert tflite_file(name, artifact, seed).is_file(), artifact
            assert np.isfinite(sizes[name][artifact]["difference"]["median"])
        assert sizes[name]["minified_float32"]["difference"]["median"] < 1e-4
    small, half, large = (
        sizes[name]["minified_float32"]["gzip_bytes"]["median"]
        for name in ("most", "half", "control")
    )
    assert small < half < large
    table = Path("metrics/summary.md").read_text().split("\n\n")[0].splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table[2:]]
    assert [row[0] for row in rows] == [*MODELS]
    assert all("-" not in row for row in rows[2:])  # pruned ones have all figures

    without_channels(given, seeds)


def without_channels(given: keras.Model, seeds: tuple[int, ...]) -> None:
    """The same of the recipe that removes channels: each device runs its files, for less."""
    controls, costs = read("controls"), read("costs")["models"]
    assert controls.keys() == {"thin"}
    assert controls["thin"].keys() == {"same_training", "from_scratch", "random"}
    for seed in seeds:
        widths = {
            folder: [
                one.output_shape[-1]
                for one in h5_files.load(Path(f"models/{folder}/seed_{seed}.h5")).layers
            ]
            for folder in ("trained/thin", *(f"controls/thin/{own}" for own in controls["thin"]))
        }
        whole = [one.output_shape[-1] for one in given.layers]
        assert widths["controls/thin/same_training"] == whole
        assert widths["controls/thin/from_scratch"] == widths["trained/thin"] != whole
        assert widths["controls/thin/random"] != whole
    for artifact in ("minified_float32", "minified_int8"):
        before, after = (costs[name][artifact] for name in ("baseline", "thin"))
        assert 0.3 < after["macs"]["median"] / before["macs"]["median"] <= THIN
        assert after["arena_bytes"]["median"] <= before["arena_bytes"]["median"]
    assert costs["thin"]["minified_int8"]["cycles"]["median"] > 0
    page = Path("metrics/report.md").read_text()
    assert "## Channels" in page
    assert "removing channels" in page
