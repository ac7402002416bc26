"""Short cases have the same bytes on a processor that QEMU emulates; what differs is named."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from secateur.command import processor
from secateur.core.errors import InputError

needs_qemu = pytest.mark.skipif(
    not any(map(shutil.which, processor.EMULATORS)), reason="QEMU's user mode is not installed"
)


@needs_qemu
def test_dense_networks_are_the_same_on_another_processor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without AVX-512, with other caches, and exact where processors approximate."""
    assert processor.compare("Haswell-noTSX", ["dense"]) == []
    lines = capsys.readouterr().out.splitlines()
    same = [line for line in lines if line.endswith(": the same bytes")]
    assert len(same) == 3 * 2 + 9  # weights and predictions; of one network three files and costs


@needs_qemu
def test_an_unknown_processor_is_refused_with_those_that_work() -> None:
    with pytest.raises(InputError, match=r"--processor Hasvell: .*EPYC-Milan, .*Haswell-noTSX, "):
        processor.compare("Hasvell", [])


def test_without_qemu_its_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(InputError, match="apt install qemu-user"):
        processor.compare("Haswell", [])


def test_other_bytes_are_named_and_the_command_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The emulator is a stand-in that changes a hash."""
    stand_in = tmp_path / processor.EMULATORS[0]
    stand_in.write_text(
        '#!/bin/sh\n[ "$2" = help ] && echo "x86 Haswell" && exit\nshift 2\n'
        '"$@" | sed "/weights/s/^.\\{16\\}/0123456789abcdef/"\n'
    )
    stand_in.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    command = [sys.executable, "-m", "secateur", "verify", "--processor", "Haswell"]
    done = subprocess.run([*command, "--case", "convolutional"], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    ends = [line.rpartition(": ")[2] for line in done.stdout.splitlines()[2:]]
    assert ends == ["differs", *["the same bytes"] * 10]
