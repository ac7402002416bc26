"""Which files are timed, and beside which others."""

from pathlib import Path

import pytest

from secateur import timed_files
from secateur.artifacts import TFLITE, TRADE_OFF
from secateur.core.errors import InputError
from tflite_files import write_project


def test_the_files_to_time_are_those_that_can_ship_of_one_seed(
    dense_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_project(dense_files, tmp_path)
    found = timed_files.to_time()
    beside = {key: timed_files.timed_beside(key) for key in found}
    assert found == {
        "baseline/minified_float32": TFLITE / "baseline/minified_float32/seed_3.tflite",
        "baseline/minified_int8": TFLITE / "baseline/minified_int8/seed_3.tflite",
        "small/minified_float32": TFLITE / "small/minified_float32/seed_0.tflite",
        "small/minified_int8": TFLITE / "small/minified_int8/seed_0.tflite",
        "small/clustered_float32": TFLITE / "small/clustered_float32/seed_0.tflite",
        "small/clustered_int8": TFLITE / "small/clustered_int8/seed_0.tflite",
        "trade_off/dense_0": TRADE_OFF / "dense_0_seed_4.tflite",
        "trade_off/dense_0_int8": TRADE_OFF / "dense_0_seed_4_int8.tflite",
        "trade_off/global_0.5": TRADE_OFF / "global_0.5_seed_4.tflite",
    }
    assert beside["small/clustered_int8"] == "baseline/minified_int8"
    assert timed_files.timed_beside("small/minified_mixed") == "baseline/minified_int8"
    assert beside["trade_off/global_0.5"] == "trade_off/dense_0"
    assert beside["trade_off/dense_0_int8"] == "trade_off/dense_0_int8"
    assert set(beside.values()) <= set(found)
    assert timed_files.BASELINE in found


@pytest.mark.parametrize("name", ["metrics/ship.json", "models/trade_off/points.json"])
@pytest.mark.parametrize(
    "text", [None, "", "[]", '{"models": {"small": {}}}', '[{"kind": 1}]', "7"]
)
def test_a_damaged_list_of_what_to_time_is_named(
    dense_files: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    text: str | None,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_project(dense_files, tmp_path)
    Path(name).unlink()
    if text is not None:
        Path(name).write_text(text)
    if text == "[]" and name.endswith("points.json"):  # a curve without points
        assert len(timed_files.to_time()) == 6
        return
    with pytest.raises(InputError, match=name):
        timed_files.to_time()


def test_nothing_to_time_is_an_error(
    dense_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_project(dense_files, tmp_path)
    for path in tmp_path.rglob("*.tflite"):
        path.unlink()
    with pytest.raises(InputError, match="dvc pull"):
        timed_files.to_time()


def test_a_baseline_that_is_missing_is_an_error(
    dense_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No ratio of the other files could be read again."""
    monkeypatch.chdir(tmp_path)
    write_project(dense_files, tmp_path)
    (TFLITE / "baseline/minified_float32/seed_3.tflite").unlink()
    with pytest.raises(InputError, match=r"baseline/minified_float32: not found; `dvc pull`"):
        timed_files.to_time()
