"""The small modules: data, splitting, network, diagram, sizes, table, errors, backend."""

import gzip
import os
import subprocess
import sys
import zlib
from pathlib import Path
from xml.etree import ElementTree

import dense
import numpy as np
import pytest

from import_graph import ROOT
from secateur.arrays import tables
from secateur.compress import pruning
from secateur.core import errors
from secateur.core.errors import InputError
from secateur.data import splitting
from secateur.data.friedman1 import GenerateData, friedman1
from secateur.evaluate import scoring, sizes
from secateur.keras_io import backend
from secateur.network import diagram

RELU = dense.dense(128, output="relu")


def test_friedman1_is_its_formula() -> None:
    x, y = friedman1(GenerateData(n_samples=50, n_features=10, random_state=0))
    assert x.shape == (50, 10)
    expected = (
        10 * np.sin(np.pi * x[:, 0] * x[:, 1])
        + 20 * (x[:, 2] - 0.5) ** 2
        + 10 * x[:, 3]
        + 5 * x[:, 4]
    )
    np.testing.assert_allclose(y[:, 0], expected)


def test_the_default_split_is_the_published_one() -> None:
    """As the notebook does: `train_test_split`, then Keras's `validation_split`, its last rows."""
    from sklearn.model_selection import train_test_split

    x, _ = friedman1(GenerateData(n_samples=10_000, n_features=10, random_state=0))
    rest, test = train_test_split(x, test_size=0.33, random_state=42)
    settings = splitting.Split(test_size=0.33, validation_size=0.2, random_state=42)
    parts = splitting.split(10_000, settings)
    for part, expected in zip(parts, (rest[:5360], rest[5360:], test), strict=True):
        np.testing.assert_array_equal(x[part], expected)


@pytest.mark.parametrize("classes", [None, np.arange(20) % 3])
def test_every_row_is_in_exactly_one_part(classes: np.ndarray | None) -> None:
    settings = splitting.Split(test_size=0.25, validation_size=0.4, random_state=1)
    parts = splitting.split(20, settings, classes)
    assert tuple(len(part) for part in parts) == splitting.row_counts(20, settings) == (9, 6, 5)
    assert sorted(row for part in parts for row in part) == list(range(20))


def test_every_part_has_every_class_as_often_as_all_rows() -> None:
    classes = np.repeat([0, 1, 2], [100, 60, 40])
    settings = splitting.Split(test_size=0.25, validation_size=0.2, random_state=1)
    counts = [
        np.bincount(classes[part]).tolist() for part in splitting.split(200, settings, classes)
    ]
    assert counts == [[60, 36, 24], [15, 9, 6], [25, 15, 10]]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([6, 6, 6, 6], "3 validation rows are fewer than the 4 classes"),
        ([92, 3], "a class has no row among the 10 validation rows"),
        ([37, 3], "split.validation_size"),
    ],
)
def test_a_split_that_leaves_a_class_out_of_a_part_is_refused(
    counts: list[int], words: str
) -> None:
    classes = np.repeat(np.arange(len(counts)), counts)
    settings = splitting.Split(test_size=0.25, validation_size=0.13, random_state=1)
    with pytest.raises(InputError, match=words) as refusal:
        splitting.split(len(classes), settings, classes)
    assert "split.test_size" in str(refusal.value)


def test_the_network_is_the_published_one_and_a_seed_fixes_its_weights() -> None:
    model = dense.network(RELU, 10, 3)
    assert model.count_params() == 1537
    assert pruning.layers(model) == RELU.dense_layers([10], 1)
    same, other = dense.network(RELU, 10, 3), dense.network(RELU, 10, 4)
    np.testing.assert_array_equal(model.get_weights()[0], same.get_weights()[0])
    assert not np.array_equal(model.get_weights()[0], other.get_weights()[0])
    assert same.get_config() == model.get_config()  # no name counts up


def test_the_diagram_shows_names_and_shapes() -> None:
    svg = diagram.svg(dense.network(RELU, 10))
    text = [node.text for node in ElementTree.fromstring(svg).iter() if node.text]
    assert {"hidden_1", "output", "(n, 10) → (n, 128)", "(n, 128) → (n, 1)"} <= set(text)
    assert "1,408 parameters" in text
    assert "Total params: 1537" in diagram.summary(dense.network(RELU, 10))


def test_sizes_do_not_depend_on_name_or_time() -> None:
    data = bytes(range(256)) * 40
    measured = sizes.file_sizes(data, 9)
    assert measured["bytes"] == len(data)
    # A gzip file is a ten-byte header, the deflated data and eight bytes of checksum and length.
    raw = zlib.compressobj(9, wbits=-15)
    assert measured["gzip_bytes"] == 10 + len(raw.compress(data) + raw.flush()) + 8
    worst = sizes.file_sizes(data, 1)
    assert worst["gzip_bytes"] == len(gzip.compress(data, 1)) > measured["gzip_bytes"]


def test_a_missing_or_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not found"):
        sizes.read(tmp_path / "m.h5")
    (tmp_path / "m.h5").touch()
    with pytest.raises(InputError, match="empty"):
        sizes.read(tmp_path / "m.h5")


def test_what_weights_are_worth() -> None:
    assert sizes.entropy_bytes([np.zeros((2, 2), np.float32)]) == 0.0
    every_byte_once = np.arange(1, 256, dtype=np.uint8).view(np.int8)
    assert sizes.entropy_bytes([every_byte_once]) == pytest.approx(255 * np.log2(255) / 8)
    one_of_two = np.array([1, 2] * 8, np.int8)  # a bit each
    assert sizes.entropy_bytes([one_of_two]) == pytest.approx(2)


def test_the_largest_difference_is_of_the_targets_range() -> None:
    rows = tables.Rows(np.zeros((3, 1)), np.array([[0.0], [10.0], [20.0]]))
    one, other = np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.5, 2.0])
    assert scoring.largest_difference(one, other, rows, dense.REGRESSION) == pytest.approx(0.05)
    assert np.isnan(scoring.largest_difference(one, other * np.nan, rows, dense.REGRESSION))


def test_an_expected_failure_is_one_line_and_a_bug_keeps_its_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(error: BaseException) -> None:
        raise error

    with pytest.raises(SystemExit, match=r"usage: .* ERROR"):
        errors.run(fail)

    with pytest.raises(SystemExit) as end:
        errors.run(fail, InputError("a: b"))  # type: ignore[arg-type]
    assert end.value.code == "error: a: b"
    with pytest.raises(SystemExit, match="No space left"):
        errors.run(fail, OSError(28, "No space left on device"))  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        errors.run(fail, KeyError("bug"))  # type: ignore[arg-type]


def python(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    pinned = {key: value for key, value in os.environ.items() if key not in backend.PINNED}
    env = {**pinned, "PYTHONPATH": str(ROOT / "src"), **env}
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_tensorflow_is_pinned_and_starts_without_noise() -> None:
    done = python(
        "from secateur.backend import keras, tf; import os; tf.constant(1) + 1;"
        "print(keras.__name__, keras.__version__[0], os.environ['XLA_FLAGS'])"
    )
    assert done.stderr == ""
    assert done.stdout.startswith("tf_keras 2 --xla_cpu_max_isa=AVX2 ")


def test_a_users_keras_settings_change_nothing(tmp_path: Path) -> None:
    (tmp_path / ".keras").mkdir()
    settings = '{"floatx": "float64", "epsilon": 0.1, "image_data_format": "channels_first"}'
    (tmp_path / ".keras/keras.json").write_text(settings)
    done = python(
        "from secateur.backend import keras; b = keras.backend;"
        "print(b.floatx(), b.epsilon(), b.image_data_format())",
        HOME=str(tmp_path),
    )
    assert done.stdout == "float32 1e-07 channels_last\n"


def test_tensorflow_imported_unpinned_is_an_error_not_other_bytes() -> None:
    done = python("import tensorflow; import secateur.backend")
    assert "import secateur.backend before tensorflow" in done.stderr
