"""Timing with TensorFlow Lite's program; one that prints as it does stands in for it."""

import stat
import sys
from pathlib import Path

import pytest

from secateur.devices import benchmark_model, measured, timing
from secateur.devices.turns import Timed, Turns

# As printed by a benchmark_model of version 2.17, of one of 2.4, and of a run of a slow file.
PRINTED = """\
INFO: STARTING!
INFO: Log parameter values verbosely: [0]
INFO: Num threads: [1]
INFO: Graph: [small.tflite]
INFO: Use xnnpack: [1]
INFO: Loaded model small.tflite
INFO: The input model file size (MB): 0.31474
INFO: Initialized session in 3.126ms.
INFO: Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if \
exceeding 150 seconds.
INFO: count=2131 first=1060 curr=231 min=228 max=1060 avg=233.7 std=22 p5=229 median=231 p95=244

INFO: Running benchmark for at least 50 iterations and at least 1 seconds but terminate if \
exceeding 150 seconds.
INFO: count=4212 first=230 curr=229 min=227 max=911 avg=233.9 std=19 p5=228 median=232 p95=245

INFO: Inference timings in us: Init: 3126, First inference: 1060, Warmup (avg): 233.7, \
Inference (avg): 233.9
INFO: Note: as the benchmark tool itself affects memory footprint, the following is only \
APPROXIMATE to the actual memory footprint of the model at runtime.
INFO: Memory footprint delta from the start of the tool (MB): init=2.1 overall=3.8
"""
OLD = """\
count=1 curr=3512391

count=50 first=2990275 curr=2913402 min=2727568 max=3189954 avg=2.95034e+06 std=109798

Inference timings in us: Init: 17187, First inference: 3512391, Warmup (avg): 3.51239e+06, \
Inference (avg): 2.95034e+06
"""
PROGRAM = f"""#!{sys.executable}
import sys
given = dict(one.removeprefix("--").split("=") for one in sys.argv[1:])
assert given.keys() == {{"graph", "num_threads", "use_xnnpack", "warmup_runs", "warmup_min_secs",
                        "num_runs", "min_secs"}}, given
content = open(given["graph"], "rb").read()
if content[4:8] != b"TFL3":
    print("ERROR: Failed to load model")
    sys.exit("ERROR: Benchmarking failed.")
times = len(content) // 1000 * (1 if given["use_xnnpack"] == "true" else 2)
print('''{PRINTED}'''.replace("median=232", f"median={{times}}")
      .replace("p5=228", f"p5={{times - 1}}").replace("p95=245", f"p95={{times + 1}}"))
"""


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "benchmark_model"
    path.write_text(PROGRAM)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_the_run_counts_and_not_the_warm_up() -> None:
    assert benchmark_model.parse(PRINTED) == {
        "initialisation_us": 3126, "first_us": 1060, "p5_us": 228, "p50_us": 232, "p95_us": 245,
        "calls": 4212,
    }  # fmt: skip


def test_an_older_program_prints_no_percentiles() -> None:
    found = benchmark_model.parse(OLD)
    assert (found["p5_us"], found["p50_us"], found["p95_us"]) == (2.95034e6,) * 3
    assert (found["first_us"], found["calls"]) == (3512391, 50)


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        ("", "no timings"),
        (PRINTED.replace("Inference timings", "Timings"), "no timings"),
        (PRINTED.replace("median=232", "median=1e"), "no timings"),
        (PRINTED.replace("p5=228 median=232", "p5=0 median=0"), "less than a microsecond"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(printed: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        benchmark_model.parse(printed)


def test_a_kit_is_timed_with_the_program(dense_files: Path, tmp_path: Path, program: str) -> None:
    (tmp_path / "bad.tflite").write_bytes(b"no model")
    files = {
        "baseline/minified_float32": dense_files / "dense_2048_float32.tflite",
        "small/minified_float32": tmp_path / "bad.tflite",
        "less/minified_float32": tmp_path / "less.tflite",
    }
    content = files["baseline/minified_float32"].read_bytes()
    files["less/minified_float32"].write_bytes(content[: len(content) // 4000 * 1000])
    first = next(iter(files))
    found = timing.measure(files, dict.fromkeys(files, first), first, Turns(3, 1, 0.5), program)
    read = measured.check(found, "here")
    assert (read.runtime, read.calls_at_once) == ("benchmark_model", 1)
    size = len(content) // 1000
    own = read.files[first]
    assert isinstance(own.xnnpack, measured.Time)
    assert isinstance(own.builtin, measured.Time)
    assert (own.xnnpack.p50_us, own.builtin.p50_us) == (size, 2 * size)
    assert own.xnnpack.calls == 3 * 4212
    less = found["files"]["less/minified_float32"]["builtin"]
    assert less["ratio"]["median"] == pytest.approx((size // 4) / size, rel=1e-4)
    why = found["files"]["small/minified_float32"]["xnnpack"]["why"]
    assert "Benchmarking failed" in why
    assert "exit status 1" in why


def test_a_program_that_is_none_is_an_error(dense_files: Path, tmp_path: Path) -> None:
    files = {"a": dense_files / "dense_4_int8.tflite"}
    with pytest.raises(OSError, match="nothing"):
        benchmark_model.timed(str(tmp_path / "nothing"), files, "xnnpack", Turns(3, 1, 0.5), len)
    said: list[str] = []
    found = benchmark_model.timed("/bin/true", files, "xnnpack", Turns(3, 1, 0.5), said.append)
    assert said == ["1 of 3 rounds: 1 files of one type, xnnpack"]  # none is left after it
    assert not isinstance(found["a"], Timed)
    assert "no timings" in found["a"]
