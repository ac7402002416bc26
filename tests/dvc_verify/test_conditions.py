"""The conditions of a reproduction."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dvc_verify import conditions, signals


def test_conditions_repeat_with_their_seed_and_vary_with_others() -> None:
    drawn = [conditions.draw(seed) for seed in range(40)]
    assert drawn == [conditions.draw(seed) for seed in range(40)]
    for varied in ("folder", "time_zone", "locale", "umask", "hash_seed", "processors", "avx512"):
        assert len({getattr(one, varied) for one in drawn}) > 1, varied


def test_conditions_are_not_the_present_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", conditions.TIME_ZONES[0])
    monkeypatch.setenv("LC_ALL", "C")
    umask = os.umask(0o022)
    os.umask(umask)
    drawn = [conditions.draw(seed) for seed in range(40)]
    assert conditions.TIME_ZONES[0] not in {one.time_zone for one in drawn}
    assert "C" not in {one.locale for one in drawn}
    assert umask not in {one.umask for one in drawn}


def test_the_interpreters_folder_is_on_the_path_after_the_shims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then `dvc` and `python` are found without an activated environment."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")
    env = conditions.draw(0).environment(tmp_path)
    path = [str(tmp_path / "shims"), str(Path(sys.executable).parent), "/nowhere"]
    assert env["PATH"].split(os.pathsep) == path
    assert "PYTHONHOME" not in env
    assert list(Path(env["HOME"]).iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_interrupt_within_the_block_alone(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), signals.as_interrupts():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) == before


def test_without_avx512_libraries_choose_code_that_does_not_need_it() -> None:
    code = (
        "import numpy, threadpoolctl; from numpy._core._multiarray_umath import __cpu_features__;"
        "print(__cpu_features__['X86_V4'], threadpoolctl.threadpool_info()[0]['architecture'])"
    )
    env = os.environ | conditions.WITHOUT_AVX512
    done = subprocess.run([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, check=True)
    assert done.stdout.split() == [b"False", b"Haswell"]
