"""C++ libraries are silenced, unless what they do fails."""

import os
import tempfile

import pytest

from secateur.core.quiet import quiet_stderr


def test_hides_what_is_written_to_the_descriptor(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_stderr():
        os.write(2, b"noise")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_shows_it_when_the_work_fails(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), quiet_stderr():
        1 / os.write(2, b"why") / 0
    assert capfd.readouterr().err == "why"


def test_a_full_disk_does_not_matter(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "tempdir", "/dev/null/nowhere")
        with quiet_stderr():
            os.write(2, b"noise")
    assert capfd.readouterr().err == ""
