"""What is measured of all files, beside the baseline's."""

import hashlib
import json
from pathlib import Path

import pytest

from secateur.devices import measured, timing, turns
from secateur.devices.turns import Timed, Turns

HOW = Turns(3, 0.002, 0.0)


def test_each_file_has_its_figures_and_the_ratio_to_the_file_of_its_type(
    dense_files: Path, tmp_path: Path
) -> None:
    (tmp_path / "bad.tflite").write_bytes(b"no model")
    files = {
        "baseline/minified_float32": dense_files / "dense_2048_float32.tflite",
        "small/minified_float32": dense_files / "dense_4_float32.tflite",
        "baseline/minified_int8": tmp_path / "bad.tflite",
        "small/minified_int8": dense_files / "dense_4_int8.tflite",
    }
    beside = {key: f"baseline/minified_{key.rpartition('_')[2]}" for key in files}
    said: list[str] = []
    found = timing.measure(files, beside, "baseline/minified_float32", HOW, say=said.append)
    counted = "6 timings, of a file with XNNPACK or without"  # 2 of 8 cannot run
    assert said == [f"{number} of 3 times: {counted}" for number in (1, 2, 3)]
    read = measured.check(json.loads(json.dumps(found)), "here")
    assert (read.threads, read.rounds, read.baseline) == (1, 3, "baseline/minified_float32")
    assert read.runtime.startswith("ai-edge-litert 2")
    assert list(read.files) == list(files)
    for key, own in read.files.items():
        content = files[key].read_bytes()
        assert (own.sha256, own.bytes) == (hashlib.sha256(content).hexdigest(), len(content))
        for outcome in (own.xnnpack, own.builtin):
            if key == "baseline/minified_int8":
                assert isinstance(outcome, measured.CannotRun)
            else:
                assert isinstance(outcome, measured.Time)
                assert (outcome.ratio is None) == (key == "small/minified_int8")
    ratio = found["files"]["baseline/minified_float32"]["xnnpack"]["ratio"]
    assert ratio == {"median": 1.0, "low": 1.0, "high": 1.0}
    assert found["files"]["small/minified_float32"]["builtin"]["ratio"]["median"] < 1


def test_the_ratio_is_taken_round_by_round(
    dense_files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that gets four times slower changes each file's time, and no ratio."""
    slower = [10.0, 20.0, 40.0]
    made = {
        "a/minified_int8": Timed({}, slower),
        "b/minified_int8": Timed({}, [20.0, 40.0, 120.0]),
    }
    monkeypatch.setattr(turns, "timed", lambda *_: [made, made])
    files = dict.fromkeys(made, dense_files / "dense_4_int8.tflite")
    found = timing.measure(files, dict.fromkeys(made, "a/minified_int8"), "a", HOW, say=len)
    ratio = found["files"]["b/minified_int8"]["xnnpack"]["ratio"]
    assert (ratio["low"], ratio["median"]) == (2.0, 2.0)
    assert ratio["high"] == pytest.approx(2.9)
