"""Files that take turns; their times themselves are in docs/devices.md."""

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from secateur.devices import turns
from secateur.devices.turns import LEAST_RUNS, Turns


@pytest.mark.parametrize("kernels", ["xnnpack", "builtin"])
def test_a_large_file_takes_longer_than_a_small_one(dense_files: Path, kernels: str) -> None:
    files = {str(units): dense_files / f"dense_{units}_float32.tflite" for units in (4, 2048)}
    (found,) = turns.timed([(files, kernels)], Turns(5, 0.02, 0.005), len)
    assert list(found) == ["4", "2048"]
    for one in found.values():
        assert len(one.rounds) == 5
        figures = one.figures
        assert 0 < figures["p5_us"] <= figures["p50_us"] <= figures["p95_us"]
        assert figures["calls"] >= LEAST_RUNS
        assert figures["initialisation_us"] > 0
    # It multiplies 500 times as much.
    assert found["2048"].figures["p5_us"] > 1.5 * found["4"].figures["p5_us"]


def test_no_file_gives_no_times() -> None:
    assert turns.timed([({}, "xnnpack")], Turns(3, 0.1, 0.1), len) == [{}]


def test_files_take_turns_in_an_order_that_rotates(
    dense_files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = {name: tmp_path / f"{name}.tflite" for name in "abc"}
    for path in paths.values():
        shutil.copy(dense_files / "dense_4_float32.tflite", path)
    called: list[str] = []
    loads: list[str] = []
    block, load, names = turns._block, turns.loading.load, dict[object, str]()

    def loaded(path: Path, kernels: str) -> tuple[object, int, int]:
        interpreter, *times = load(path, kernels)
        names[interpreter] = path.stem
        loads.append(path.stem)
        return interpreter, times[0], times[1]

    def noted(invoke: Any, calls: int) -> int:
        called.append(names[invoke.__self__])
        return block(invoke, calls)

    monkeypatch.setattr(turns, "LOADS", 3)
    monkeypatch.setattr(turns.loading, "load", loaded)
    monkeypatch.setattr(turns.loading, "caller", lambda interpreter: interpreter.invoke)
    monkeypatch.setattr(turns, "_warm_up", lambda invoke, seconds: 1e6)  # a slow file
    monkeypatch.setattr(turns, "_block", noted)
    (found,) = turns.timed([(paths, "builtin")], Turns(12, 1e-6, 0.0), len)
    turn = 1 + math.ceil(LEAST_RUNS / 12)  # one that does not count
    orders = ["".join(called[i : i + 3 * turn : turn]) for i in range(0, len(called), 3 * turn)]
    assert orders == ["abc", "bca", "cab"] * 4
    loaded_in = ["".join(loads[i : i + 4]) for i in range(0, len(loads), 4)]
    assert [own[0] for own in loaded_in] == list("abc")  # it does not count
    assert [set(own[1:]) for own in loaded_in] == [set("abc")] * 3
    assert len({own[1:] for own in loaded_in}) > 1
    assert {one.figures["calls"] for one in found.values()} == {60}
    assert {len(one.rounds) for one in found.values()} == {12}


def test_percentiles_are_numpys() -> None:
    values = np.random.default_rng(0).random(37).tolist()
    assert turns.percentiles(values) == pytest.approx(np.percentile(values, [5, 50, 95]))
    assert turns.percentiles([3.0]) == (3.0, 3.0, 3.0)


def test_groups_take_turns_too(dense_files: Path) -> None:
    """So a slow second meets few rounds of each."""
    loads: list[str] = []

    def noted(path: Path, kernels: str) -> tuple[Any, int, int]:
        loads.append(f"{path.stem} {kernels}")
        return load(path, kernels)

    load = turns.loading.load
    files = {"a": dense_files / "dense_4_float32.tflite"}
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(turns.loading, "load", noted)
        patch.setattr(turns, "LOADS", 2)
        groups = [(files, "xnnpack"), ({}, "xnnpack"), (files, "builtin")]
        found = turns.timed(groups, Turns(5, 1e-6, 0.0), said.append)
    own = ["dense_4_float32 xnnpack"] * 2 + ["dense_4_float32 builtin"] * 2
    assert loads == own * 2
    assert [list(one) for one in found] == [["a"], [], ["a"]]
    assert [len(found[0]["a"].rounds), len(found[2]["a"].rounds)] == [5, 5]
    assert len(said) == 2
