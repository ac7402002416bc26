"""Loading files in LiteRT, and those that cannot run."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from import_graph import ROOT
from secateur.devices import loading
from tflite_files import crashing, not_runnable

CODE = """
import contextlib, os, sys
from pathlib import Path
from secateur.devices import loading
with loading.quiet() if sys.argv[2:] else contextlib.nullcontext():
    loading.load(Path(sys.argv[1]), "xnnpack")
os.write(2, b"end")
"""


@pytest.mark.parametrize("kernels", ["xnnpack", "builtin"])
def test_a_loaded_file_has_run_on_the_same_values_each_time(
    dense_files: Path, kernels: str
) -> None:
    for kind, values in (("float32", np.float32), ("int8", np.int8)):
        first, second = (
            loading.load(dense_files / f"dense_4_{kind}.tflite", kernels)[0] for _ in range(2)
        )
        given = [one.get_tensor(one.get_input_details()[0]["index"]) for one in (first, second)]
        assert given[0].dtype == first.get_input_details()[0]["dtype"]
        assert (given[0] == given[1]).all()
        assert len(np.unique(given[0])) > 5, values


def test_a_call_runs_the_file_and_another_version_of_litert_has_its_own_way(
    dense_files: Path,
) -> None:
    interpreter, *_ = loading.load(dense_files / "dense_4_float32.tflite", "builtin")
    given, made = (
        tensors[0]["index"]
        for tensors in (interpreter.get_input_details(), interpreter.get_output_details())
    )
    interpreter.set_tensor(given, np.full((1, 10), 3, np.float32))
    before = interpreter.get_tensor(made)
    loading.caller(interpreter)()
    assert interpreter.get_tensor(made) != before

    class Other:
        def invoke(self) -> None:
            """Run."""

    other = Other()
    assert loading.caller(other) == other.invoke


def test_initialisation_and_first_run_take_time(dense_files: Path) -> None:
    _, initialisation, first = loading.load(dense_files / "dense_4_float32.tflite", "xnnpack")
    assert 0 < first < initialisation < 10e9


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise ImportError('no such\\n library')", "ImportError: no such library"),
        ("raise SystemError('of another build')", "SystemError: of another build"),
        ("import os; os.abort()", "crashes (exit status -6)"),
    ],
)
def test_a_runtime_that_cannot_be_imported_is_told(tmp_path: Path, code: str, why: str) -> None:
    (tmp_path / "numpy.py").write_text(code)
    said = subprocess.run(
        [sys.executable, "-c", "from secateur.devices import loading; print(loading.unusable())"],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT / 'src'}"}, cwd=tmp_path,
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert why in said


def test_a_runtime_that_can_be_imported_is_usable() -> None:
    assert loading.unusable() is None


def test_a_file_whose_try_cannot_import_has_what_was_raised(
    dense_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numpy.py").write_text("raise ImportError('no such library')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (why,) = loading.try_each([(dense_files / "dense_4_int8.tflite", "builtin")])
    assert why == "LiteRT cannot run it: no such library"


def test_files_that_cannot_run_and_one_that_crashes_end_no_other(
    dense_files: Path, tmp_path: Path
) -> None:
    fine = dense_files / "dense_4_float32.tflite"
    content = fine.read_bytes()
    damaged = {
        "cut": content[: len(content) // 2], "operator": not_runnable(content),
        "loop": crashing(content), "empty": b"",
    }  # fmt: skip
    for name, own in damaged.items():
        (tmp_path / f"{name}.tflite").write_bytes(own)
    paths = [fine, *(tmp_path / f"{name}.tflite" for name in damaged), tmp_path / "none.tflite"]
    pairs = [(path, kernels) for path in [*paths, fine] for kernels in ("xnnpack", "builtin")]
    found = loading.try_each(pairs)
    assert [why is None for why in found] == [True] * 2 + [False] * 10 + [True] * 2
    assert all("Nothing" in (why or "") for why in found[4:6])  # the operator's name
    assert all("crashes" in (why or "") and "-11" in (why or "") for why in found[6:8])
    assert not any(str(tmp_path) in (why or "") for why in found)


def test_a_file_that_does_not_end_is_given_up(
    dense_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "PATIENCE", 0.05)
    monkeypatch.setattr(loading, "TRY", f"import time; time.sleep(60)  # {loading.TRY}")
    (why,) = loading.try_each([(dense_files / "dense_4_int8.tflite", "builtin")])
    assert why is not None
    assert "0.05 seconds" in why


def test_what_litert_prints_is_hidden_and_other_words_come_back(dense_files: Path) -> None:
    """LiteRT says it once in a process."""
    path = dense_files / "dense_4_float32.tflite"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    env.pop("TF_CPP_MIN_LOG_LEVEL", None)
    loud, hidden = (
        subprocess.run([sys.executable, "-c", CODE, str(path), *more], env=env, check=True,
                       stderr=subprocess.PIPE).stderr
        for more in ([], ["quiet"])
    )  # fmt: skip
    assert b"XNNPACK" in loud
    assert hidden == b"end"
