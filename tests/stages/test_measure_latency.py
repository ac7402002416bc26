"""The stage that measures time, in the real pipeline."""

import json
import os
import subprocess
from pathlib import Path

from project import Repository
from secateur.artifacts import LATENCY
from secateur.devices import measured
from secateur.timed_files import BASELINE, to_time


def test_every_file_that_can_ship_has_its_time(repository: Repository) -> None:
    found = measured.read(LATENCY)
    assert list(found.files) == sorted(to_time())
    kinds = ("float32", "float16", "dynamic", "int8")
    assert {f"finetuned/clustered_{kind}" for kind in kinds} <= set(found.files)
    assert {"trade_off/dense_0", BASELINE} <= set(found.files)
    refused = {key: own.xnnpack.why for key, own in found.files.items()
               if isinstance(own.xnnpack, measured.CannotRun)}  # fmt: skip
    for key, own in found.files.items():
        for outcome in [own.builtin, *([] if key in refused else [own.xnnpack])]:
            assert isinstance(outcome, measured.Time)
            assert outcome.ratio is not None
    # A few epochs leave a point of the curve with ranges that XNNPACK does not take.
    assert all(key.startswith("trade_off/") and key.endswith("_int8") for key in refused), refused
    assert repository.git("ls-files", str(LATENCY)).strip() == str(LATENCY)


def test_it_needs_no_tensorflow_and_goes_on_beside_a_damaged_file(repository: Repository) -> None:
    path = to_time()["control/minified_int8"]
    path.unlink()  # in the cache lies its original
    path.write_bytes(b"damaged")
    code = (
        "import sys, measure_latency; measure_latency.main();"
        "print('imported', {'tensorflow', 'tf_keras', 'keras', 'matplotlib'} & set(sys.modules))"
    )
    env = {**os.environ, "PYTHONPATH": "src:stages"}
    done = subprocess.run(
        ["python", "-c", code], env=env, check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "imported set()"
    files = json.loads(Path(LATENCY).read_text())["files"]
    assert files["control/minified_int8"].keys() == {"sha256", "bytes", "xnnpack", "builtin"}
    assert "why" in files["control/minified_int8"]["builtin"]
    assert files["tuned/minified_int8"]["builtin"]["ratio"]["median"] > 0
