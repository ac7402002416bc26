"""Reading what outputs hold."""

import hashlib
from pathlib import Path

import pytest

from dvc_verify import contents, metric_files


def test_a_files_digest_is_that_of_dvc(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    assert contents.digest(tmp_path / "file") == hashlib.md5(b"text").hexdigest()
    assert contents.digest(tmp_path / "missing") == "none"


def test_a_folders_digest_covers_names_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a").write_bytes(b"1")
    digests = [contents.digest(tmp_path)]
    (tmp_path / "sub/a").write_bytes(b"2")
    digests.append(contents.digest(tmp_path))
    (tmp_path / "sub/a").rename(tmp_path / "sub/b")
    digests.append(contents.digest(tmp_path))
    (tmp_path / "empty").touch()
    digests.append(contents.digest(tmp_path))
    assert len(set(digests)) == 4


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.json", '{"x": {"y": 1.5}}'), ("a.yaml", "x:\n  y: 1.5\n"), ("a.toml", "[x]\ny = 1.5\n")],
)
def test_metrics_of_each_format_are_read(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert metric_files.read(tmp_path / name) == {"x": {"y": 1.5}}


@pytest.mark.parametrize(("name", "text"), [("a.json", "{"), ("a.toml", "x")])
def test_a_damaged_metrics_file_reads_as_its_fault(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    assert isinstance(metric_files.read(tmp_path / name), str)
    assert metric_files.read(tmp_path / "missing.json") is None
