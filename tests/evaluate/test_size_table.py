"""Every file's size and worth; one that predicts something else is refused."""

from pathlib import Path

import numpy as np
import pytest

from dvc_verify import limits
from dvc_verify.verdicts import judge
from import_graph import ROOT
from secateur.arrays.rows import Rows
from secateur.core.errors import InputError
from secateur.core.quiet import quiet_stderr
from secateur.core.tasks import TASKS
from secateur.evaluate import size_table
from secateur.evaluate.scoring import beside
from secateur.evaluate.size_table import NotRunnableError
from secateur.evaluate.sizes import MeasureSizes
from secateur.export.tflite import convert
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras, tf
from small_networks import REGRESSION, dense, network
from tflite_files import not_runnable, pruned_network, rows_of

SETTINGS = MeasureSizes(gzip_level=9, largest_error_ratio=100)


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return pruned_network()


@pytest.fixture(scope="module")
def files(model: keras.Model) -> dict[str, bytes]:
    return dict(convert(model, ["float32", "float16"], np.empty(0)))


@pytest.mark.parametrize(("kind", "width"), [("float32", 4), ("float16", 2)])
def test_what_is_in_a_tflite_file(
    files: dict[str, bytes], model: keras.Model, tmp_path: Path, kind: str, width: int
) -> None:
    nonzero = sum(int(np.count_nonzero(w)) for w in model.get_weights())
    rows, path = rows_of(model), tmp_path / kind
    path.write_bytes(files[kind])
    found = size_table.tflite_file(REGRESSION, path, rows, SETTINGS, model(rows.x).numpy())
    assert (found["nonzero"], found["macs"]) == (nonzero, 10 * 128 + 128)
    assert found["bytes"] == len(files[kind])
    assert 0 < found["entropy_bytes"] < nonzero * width
    assert found["mse"] == pytest.approx(0.02**2, rel=0.5)
    assert 0 <= found["difference"] < 1e-2
    assert "difference" not in size_table.tflite_file(REGRESSION, path, rows, SETTINGS)


def test_what_is_in_a_keras_file(model: keras.Model, tmp_path: Path) -> None:
    h5_files.save(tmp_path / "m.h5", model)
    found = size_table.keras_file(tmp_path / "m.h5", SETTINGS, {"hidden_1": 3})
    nonzero = sum(int(np.count_nonzero(w)) for w in model.get_weights())
    assert (found["nonzero"], found["macs"]) == (nonzero, 3 * 10 * 128 + 128)
    assert found["bytes"] == (tmp_path / "m.h5").stat().st_size


def test_a_file_that_silently_predicts_something_else_is_refused(
    model: keras.Model, tmp_path: Path
) -> None:
    """EXPERIMENTAL_SPARSITY with quantization, as traps have it: nothing warns, all is wrong."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [
        tf.lite.Optimize.DEFAULT, tf.lite.Optimize.EXPERIMENTAL_SPARSITY,
    ]  # fmt: skip
    path, rows = tmp_path / "corrupt.tflite", rows_of(model)
    with quiet_stderr():
        path.write_bytes(converter.convert())
    source = model(rows.x).numpy()
    with pytest.raises(InputError) as raised:
        size_table.tflite_file(REGRESSION, path, rows, SETTINGS, source)
    for word in ("corrupt.tflite", "MSE", "measure_sizes.largest_error_ratio", "100",
                 f"is {np.mean((source - rows.y.astype(np.float64)) ** 2):.3g}"[:8]):  # fmt: skip
        assert word in str(raised.value)


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
def test_a_damaged_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad.tflite").write_bytes(content)
    rows = Rows(np.zeros((1, 10), np.float32), np.zeros((1, 1), np.float32))
    with pytest.raises(InputError, match=r"bad\.tflite: damaged"):
        size_table.tflite_file(REGRESSION, tmp_path / "bad.tflite", rows, SETTINGS)


def test_a_file_that_litert_cannot_run_is_a_result(
    files: dict[str, bytes], model: keras.Model, tmp_path: Path
) -> None:
    (tmp_path / "own.tflite").write_bytes(not_runnable(files["float32"]))
    with pytest.raises(NotRunnableError, match="LiteRT cannot run it"):
        size_table.tflite_file(REGRESSION, tmp_path / "own.tflite", rows_of(model), SETTINGS)


def test_a_full_disk_is_no_result(
    files: dict[str, bytes], model: keras.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(size_table.litert, "predict", full)
    (tmp_path / "a.tflite").write_bytes(files["float32"])
    with pytest.raises(OSError, match="No space left"):
        size_table.tflite_file(REGRESSION, tmp_path / "a.tflite", rows_of(model), SETTINGS)


def test_what_no_branch_is_compared_by_has_its_median_alone() -> None:
    figures = {seed: {"macs": seed, "gzip_bytes": 2 * seed} for seed in (1, 2, 6)}
    assert size_table.over_all_seeds(figures) == {
        "macs": {"median": 2}, "gzip_bytes": {"median": 4, "seeds": {"1": 2, "2": 4, "6": 12}},
    }  # fmt: skip


def test_a_row_has_the_columns_of_the_table() -> None:
    found = {"bytes": 9, "gzip_bytes": 5, "mse": 0.5, "nonzero": 3, "macs": 2, "entropy_bytes": 1.0}
    assert size_table.row(REGRESSION, "m", 1, "stripped", Path("a/b.h5"), found) == {
        "model": "m", "seed": 1, "artifact": "stripped", "file": "a/b.h5", "bytes": 9,
        "gzip_bytes": 5, "mse": 0.5, "nonzero": 3, "macs": 2,
    }  # fmt: skip


@pytest.mark.parametrize("figure", ["balanced_accuracy", "macro_f1", "roc_auc"])
def test_the_gate_takes_a_lower_figure_of_classes_as_worse(figure: str) -> None:
    allowed = limits.read(ROOT / "limits.yaml").limits
    for name in ("evaluation.a.stripped", "sizes.a.minified_int8"):
        limit = limits.limit_of(f"detail.{name}.{figure}", allowed)
        assert judge(figure, {"0": 0.9}, {"0": 0.8}, limit).faults
        assert not judge(figure, {"0": 0.8}, {"0": 0.9}, limit).faults


def test_a_classifiers_file_has_the_figures_of_its_keras_model(tmp_path: Path) -> None:
    task, x = TASKS["binary"], np.linspace(-1, 1, 9, dtype=np.float32)[:, None]
    classifier, inputs = network(dense(3), 1, task="binary"), x
    rows = Rows(inputs, (x > 0.3).astype(np.float32))
    [(_, content)] = convert(classifier, ["float32"], np.empty(0))
    (tmp_path / "m").write_bytes(content)
    own = classifier(inputs).numpy()
    found = size_table.tflite_file(task, tmp_path / "m", rows, SETTINGS, own)
    assert found.items() >= beside(task, own, rows).items()
