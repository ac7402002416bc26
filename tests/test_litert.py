"""TFLite files: made, minified, run by LiteRT, and refused when they predict something else."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from dense import REGRESSION, dense, listed, network

from secateur.arrays.tables import Rows
from secateur.core.errors import InputError
from secateur.core.quiet import quiet_stderr
from secateur.core.tasks import TASKS
from secateur.evaluate import litert, size_table
from secateur.evaluate.sizes import MeasureSizes
from secateur.export.minify import pack
from secateur.export.tflite import convert
from secateur.keras_io.backend import keras, tf
from secateur.network import layers

TYPES = ("float32", "float16", "dynamic", "int8")
SETTINGS = MeasureSizes(gzip_level=9, largest_error_ratio=100)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    """The published network with half of its weights zero, the smallest, as pruning leaves it."""
    made = network(dense(128), 10)
    hidden, bias, output, _ = made.get_weights()
    hidden, output = (w * (np.abs(w) > np.median(np.abs(w))) for w in (hidden, output))
    made.set_weights([hidden, bias + 0.01, output * 20, np.array([15.0])])
    return made


@pytest.fixture(scope="module")
def rows(model: keras.Model) -> Rows:
    x = np.random.default_rng(1).random((400, 10)).astype(np.float32)
    noise = np.random.default_rng(2).normal(size=(400, 1)) * 0.02
    return Rows(x, (model(x).numpy() + noise).astype(np.float32))


@pytest.fixture(scope="module")
def files(model: keras.Model, rows: Rows) -> dict[str, bytes]:
    return dict(convert(model, TYPES, rows.x[:100]))


def test_each_type_predicts_what_keras_does(
    files: dict[str, bytes], model: keras.Model, rows: Rows
) -> None:
    expected = model(rows.x).numpy()
    allowed = {"float32": 1e-4, "float16": 2e-2, "dynamic": 0.3, "int8": 0.6}
    for kind, content in files.items():
        predicted = litert.predict(content, rows.x)
        assert predicted.dtype == np.float32
        assert np.max(np.abs(predicted - expected)) < allowed[kind]
    assert len(files["float16"]) < len(files["float32"])
    assert len(files["int8"]) < len(files["float32"])


def test_packing_changes_no_prediction(files: dict[str, bytes], rows: Rows) -> None:
    for content in files.values():
        minified = pack(content)
        assert len(minified) < len(content) - 500
        np.testing.assert_array_equal(
            litert.predict(minified, rows.x), litert.predict(content, rows.x)
        )
        assert pack(minified) == minified
        assert b"serving_default" not in minified


def test_packed_buffers_are_aligned(files: dict[str, bytes], model: keras.Model) -> None:
    """As the schema asks: some processors cannot read a float that begins anywhere."""
    minified = pack(files["float32"])
    at = minified.index(model.layers[0].kernel.numpy().T.tobytes())
    assert at % 16 == 0


def test_the_bytes_are_the_same_again(
    files: dict[str, bytes], model: keras.Model, rows: Rows
) -> None:
    assert dict(convert(model, TYPES, rows.x[:100])) == files
    assert dict(convert(model, ["int8"], rows.x[:50] * 3))["int8"] != files["int8"]  # calibrated


def test_what_is_in_a_file(files: dict[str, bytes], model: keras.Model, tmp_path: Path) -> None:
    nonzero = sum(int(np.count_nonzero(w)) for w in model.get_weights())
    for kind in ("float32", "float16"):
        (tmp_path / kind).write_bytes(files[kind])
        rows = Rows(np.zeros((1, 10), np.float32), np.zeros((1, 1), np.float32))
        found = size_table.tflite_file(REGRESSION, tmp_path / kind, rows, SETTINGS)
        assert (found["nonzero"], found["macs"]) == (nonzero, 10 * 128 + 128)
        assert found["bytes"] == len(files[kind])
        assert 0 < found["entropy_bytes"] < nonzero * (4 if kind == "float32" else 2)


def test_a_file_that_silently_predicts_something_else_is_refused(
    model: keras.Model, rows: Rows, tmp_path: Path
) -> None:
    """EXPERIMENTAL_SPARSITY with quantization, as traps have it: nothing warns, all is wrong."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [
        tf.lite.Optimize.DEFAULT, tf.lite.Optimize.EXPERIMENTAL_SPARSITY,
    ]  # fmt: skip
    with quiet_stderr():
        (tmp_path / "corrupt.tflite").write_bytes(converter.convert())
    source = model(rows.x).numpy()
    with pytest.raises(InputError) as raised:
        size_table.tflite_file(REGRESSION, tmp_path / "corrupt.tflite", rows, SETTINGS, source)
    message = str(raised.value)
    assert "corrupt.tflite: its test MSE, run by LiteRT, is " in message
    assert f"is {np.mean((source - rows.y.astype(np.float64)) ** 2):.3g}"[:8] in message
    assert "measure_sizes.largest_error_ratio" in message


@pytest.mark.parametrize("name", get_args(layers.Activation))
def test_every_listed_activation_has_its_file(name: str) -> None:
    """ELU has no reference kernel."""
    made = network(listed({"type": "Dense", "units": 40, "activation": name}), 6)
    x = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)
    for kind, content in convert(made, TYPES, x):
        atol = 1e-5 if kind == "float32" else 0.1
        np.testing.assert_allclose(litert.predict(pack(content), x), made(x), atol=atol)


def test_steps_of_int8_are_no_fault_of_a_classifier_that_is_sure(tmp_path: Path) -> None:
    made = network(dense(4), 2, task="binary")
    made.set_weights([w * 0 for w in made.get_weights()[:-1]] + [np.array([12.0])])
    rows = Rows(np.zeros((40, 2), np.float32), np.ones((40, 1), np.float32))
    ((_, content),) = convert(made, ["int8"], rows.x)
    (tmp_path / "int8").write_bytes(content)
    strict = MeasureSizes(gzip_level=9, largest_error_ratio=1)
    source = made(rows.x).numpy()
    found = size_table.tflite_file(TASKS["binary"], tmp_path / "int8", rows, strict, source)
    assert found["log_loss"] > 100 * -np.log(source).mean()


@pytest.mark.parametrize("content", [b"no model", b"\x1c\0\0\0TFL3" + bytes(60)])
def test_a_damaged_file_is_refused(content: bytes, rows: Rows, tmp_path: Path) -> None:
    (tmp_path / "bad.tflite").write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.tflite: LiteRT cannot run it"):
        size_table.tflite_file(REGRESSION, tmp_path / "bad.tflite", rows, SETTINGS)


def test_ratios_compare_like_with_like() -> None:
    baseline = {"stripped": {0: {"gzip_bytes": 100}, 1: {"gzip_bytes": 120}}}
    pruned = {
        "stripped": {0: {"gzip_bytes": 50}, 1: {"gzip_bytes": 30}},
        "unstripped": {0: {"gzip_bytes": 60}, 1: {"gzip_bytes": 40}},
    }
    size_table.add_ratios(pruned, baseline)
    assert [pruned["stripped"][seed]["ratio"] for seed in (0, 1)] == [2.0, 4.0]
    assert "ratio" not in pruned["unstripped"][0]  # the baseline never had wrappers
