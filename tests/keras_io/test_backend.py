"""TensorFlow is pinned before it is imported: the same bytes everywhere, no noise."""

import os
import subprocess
import sys
from pathlib import Path

from import_graph import ROOT
from secateur.keras_io import backend


def python(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process in which nothing is pinned yet."""
    own = {key: value for key, value in os.environ.items() if key not in backend.PINNED}
    env = {**own, "PYTHONPATH": str(ROOT / "src"), **env}
    command = [sys.executable, "-W", "ignore", "-c", code]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_tensorflow_starts_pinned_and_without_noise_whatever_a_users_keras_settings(
    tmp_path: Path,
) -> None:
    (tmp_path / ".keras").mkdir()
    settings = '{"floatx": "float64", "epsilon": 0.1, "image_data_format": "channels_first"}'
    (tmp_path / ".keras/keras.json").write_text(settings)
    done = python(
        "from secateur.keras_io.backend import keras, tf; import os; tf.constant(1) + 1;"
        "b = keras.backend; print(keras.__name__, keras.__version__[0], os.environ['XLA_FLAGS']);"
        "print(b.floatx(), b.epsilon(), b.image_data_format())",
        HOME=str(tmp_path),
    )
    assert done.stderr == ""
    pinned, settings = done.stdout.splitlines()
    assert pinned.startswith("tf_keras 2 --xla_cpu_max_isa=AVX2 ")
    assert settings == "float32 1e-07 channels_last"


def test_tensorflow_imported_unpinned_is_an_error_not_other_bytes() -> None:
    # The module alone decides: whose import came first is all that it looks at.
    done = python(
        "import sys, types; sys.modules['tensorflow'] = types.ModuleType('tensorflow');"
        "import secateur.keras_io.backend"
    )
    assert "ImportError: " in done.stderr
    assert "before tensorflow" in done.stderr


def test_python_without_docstrings_which_keras_needs_is_refused_in_one_line() -> None:
    done = python("import secateur.keras_io.backend", PYTHONOPTIMIZE="2")
    assert done.returncode == 1
    assert "PYTHONOPTIMIZE" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_fast_import_hides_packages_only_meanwhile() -> None:
    import pandas as pd

    with backend.fast_import():
        assert sys.modules["pandas"] is None
    assert sys.modules["pandas"] is pd
