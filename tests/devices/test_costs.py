"""Costs of files: complete where a device runs a file, a sentence where it does not."""

import os

import numpy as np
import pytest

from device_files import SETTINGS, conv_file, dense_file, dilated_file, rows_of
from secateur.arrays.rows import Rows
from secateur.devices import costs, ethos_u, micro
from secateur.devices.costs import File
from small_networks import REGRESSION
from tflite_files import not_runnable

HERE = micro.version() is not None and ethos_u.version() is not None
ROWS = rows_of(10)


def test_each_device_has_figures_or_a_sentence() -> None:
    if not HERE:
        pytest.skip("needs tflite-micro and Vela")
    float_, int8, broken = costs.of_files(
        [File(dense_file("float32"), ROWS), File(dense_file("int8"), ROWS),
         File(not_runnable(dense_file("float32")), ROWS)], SETTINGS, REGRESSION,
    )  # fmt: skip
    assert float_["macs"] == int8["macs"] == 10 * 24 + 24
    assert float_["arena_bytes"] > 0
    assert float_["micro_difference"] < 1e-5
    assert float_["why"] == {"ethos_u": ethos_u.FLOAT}
    assert int8["why"] == {}
    assert int8["cycles"] > 0
    assert {"cycles", "arena_bytes"}.isdisjoint(broken)
    assert set(broken["why"]) == {"ethos_u", "microcontroller"}


def test_what_predicts_something_else_than_litert_does_not_run_there() -> None:
    """tflite-micro pads int8 with what is not zero, before a dilated convolution."""
    if not HERE:
        pytest.skip("needs tflite-micro")
    rows = rows_of(16, 3)
    padded, whole = costs.of_files(
        [File(dilated_file("int8", "same"), rows), File(dilated_file("int8"), rows)],
        SETTINGS, REGRESSION,
    )  # fmt: skip
    assert "something else than LiteRT" in padded["why"]["microcontroller"]
    assert "arena_bytes" not in padded
    assert whole["why"] == {}
    assert whole["micro_difference"] < 0.01


def test_a_damaged_file_runs_nowhere_and_the_others_still_do() -> None:
    damaged, whole = costs.of_files(
        [File(b"TFL3 and nothing", ROWS), File(dense_file("int8"), ROWS)], SETTINGS, REGRESSION
    )
    assert damaged == {
        "bytes": 16,
        "why": dict.fromkeys(("cpu", "ethos_u", "microcontroller"), costs.DAMAGED),
    }
    assert whole["macs"] > 0


def test_equal_files_with_equal_rows_are_measured_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[int] = []
    whole = costs.apart.each

    def each(work: object, tasks: list[object]) -> object:
        given.append(len(tasks))
        return whole(work, tasks)  # type: ignore[arg-type]

    monkeypatch.setattr(costs.apart, "each", each)
    file = File(dense_file("int8"), ROWS)
    others = File(file.content, Rows(np.asarray(ROWS.x)[::-1], ROWS.y))
    first, second, _ = costs.of_files([file, file, others], SETTINGS, REGRESSION)
    assert first == second
    assert given == [2 * 3]


def test_a_platform_without_the_packages_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(micro, "version", lambda: None)
    monkeypatch.setattr(ethos_u, "version", lambda: None)
    (found,) = costs.of_files([File(dense_file("int8"), ROWS)], SETTINGS, REGRESSION)
    assert found["why"] == {"ethos_u": ethos_u.ABSENT, "microcontroller": micro.ABSENT}
    assert found["macs"] > 0


def test_one_processor_gives_the_same_figures(one_processor: list[int]) -> None:
    files = [File(conv_file(kind), rows_of(8, 8, 1)) for kind in ("float32", "int8", "float16")]
    alone = list(costs.of_files(files, SETTINGS, REGRESSION))
    os.sched_setaffinity(0, one_processor)
    assert list(costs.of_files(files, SETTINGS, REGRESSION)) == alone
