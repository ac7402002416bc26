"""An expected failure ends a stage with one line; a bug keeps its traceback."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from import_graph import ROOT
from secateur.core import errors
from secateur.core.errors import InputError


def fail(error: BaseException) -> None:
    raise error


def test_an_input_error_ends_a_stage_with_its_message_alone() -> None:
    with pytest.raises(SystemExit) as end:
        errors.run(fail, InputError("a: b"))  # type: ignore[arg-type]
    assert end.value.code == "error: a: b"


def wrapped(cause: BaseException) -> InputError:
    try:
        try:
            raise cause
        except type(cause):
            raise InputError("a: b") from None
    except InputError as error:
        return error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("a: b"), os.EX_DATAERR),
        (wrapped(ValueError("negative dimension")), os.EX_DATAERR),
        (wrapped(FileNotFoundError("mine.npy")), "error: a: b"),
        (wrapped(ModuleNotFoundError("mine")), "error: a: b"),
        (wrapped(MemoryError()), "error: a: b"),  # beside fewer stages it may suffice
    ],
)
def test_on_a_worker_the_status_says_whether_the_workspace_would_fail_too(
    error: InputError, status: int | str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("DVC_PARALLEL_PROJECT", "workspace")
    with pytest.raises(SystemExit) as end:
        errors.run(fail, error)  # type: ignore[arg-type]
    assert end.value.code == status
    assert capsys.readouterr().err == ("error: a: b\n" if status == os.EX_DATAERR else "")


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space\nleft on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError("Error writing bytes to file. Detail: [errno 28] No space left on device"),
    ],
)
def test_a_full_disk_ends_a_stage_with_one_line(error: OSError) -> None:
    with pytest.raises(SystemExit) as end:
        errors.run(fail, error)  # type: ignore[arg-type]
    assert str(end.value.code).startswith("error: the disk is full (")
    assert "\n" not in str(end.value.code)


def test_another_fault_of_the_system_keeps_its_words() -> None:
    assert errors.of_system(PermissionError(13, "Permission denied", "a")) == (
        "[Errno 13] Permission denied: 'a'"
    )


def test_an_interruption_ends_a_stage_as_shells_expect() -> None:
    with pytest.raises(SystemExit) as end:
        errors.run(fail, KeyboardInterrupt())  # type: ignore[arg-type]
    assert end.value.code == 130


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(KeyError):
        errors.run(fail, KeyError("bug"))  # type: ignore[arg-type]


def test_wrong_arguments_show_the_usage() -> None:
    with pytest.raises(SystemExit, match=r"usage: .* ERROR"):
        errors.run(fail)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"rows\.parquet: not found"):
        errors.must_exist(tmp_path / "rows.parquet")
    errors.must_exist(tmp_path)


def test_a_librarys_message_becomes_one_short_line() -> None:
    assert errors.one_line(ValueError("a\n  b\tc")) == "a b c"
    assert len(errors.one_line(ValueError("x" * 1000))) == 300


def test_a_stage_whose_parent_is_gone_ends_before_it_writes() -> None:
    code = "from secateur.core.errors import end_with_parent; end_with_parent(1); print('works on')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "src", capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
