"""Finished seeds are kept under what they follow from, and found whole or not at all."""

import hashlib
import math
import os
import time
from pathlib import Path

import pytest

from secateur.core import under_way
from secateur.train import kept

CURVES = [
    {"seed": 3, "epoch": 1, "loss": 0.1, "val_loss": 1 / 3, "sparsity": 0.0},
    {"seed": 3, "epoch": 2, "loss": math.nan, "val_loss": math.inf, "sparsity": 0.5},
]
SHA256 = hashlib.sha256(b"model").hexdigest()


def test_gives_back_every_bit(tmp_path: Path) -> None:
    kept.add(tmp_path, "key", b"model", CURVES)
    found = kept.find(tmp_path, "key")
    assert found is not None
    assert found.model.read_bytes() == b"model"
    assert repr(found.curves) == repr(CURVES)
    assert [type(row["epoch"]) for row in found.curves] == [int, int]
    assert kept.find(tmp_path, "other") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        f'{{"sha256": "{SHA256}"}}',
        '{"sha256": "0", "curves": []}',
        f'{{"sha256": "{SHA256}", "curves": [{{"loss": "x"}}]}}',
    ],
)
def test_what_is_damaged_or_half_written_is_trained_again(tmp_path: Path, text: str) -> None:
    kept.add(tmp_path, "key", b"model", CURVES)
    (tmp_path / "key.json").write_text(text)
    assert kept.find(tmp_path, "key") is None


@pytest.mark.parametrize("content", [b"mod", b"", b"mo\0\0\0"])
def test_a_file_that_was_cut_off_or_lost_in_part_counts_as_none(
    tmp_path: Path, content: bytes
) -> None:
    kept.add(tmp_path, "key", b"model", CURVES)
    (tmp_path / "key.h5").write_bytes(content)
    assert kept.find(tmp_path, "key") is None


def test_a_finished_seed_needs_no_checkpoint(tmp_path: Path) -> None:
    path = kept.checkpoint(tmp_path, "key")
    kept.write(path, b"state")
    assert kept.find(tmp_path, "key") is None
    kept.add(tmp_path, "key", b"model", CURVES)
    assert not path.exists()


def test_the_key_follows_from_data_settings_seed_start_and_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, start = tmp_path / "data", tmp_path / "start.h5"
    (data / "train").mkdir(parents=True)
    (data / "train/x.npy").write_bytes(b"x")
    start.write_bytes(b"a")
    code = tmp_path / "code"
    code.mkdir()
    (code / "module.py").write_text("1")
    monkeypatch.setattr(kept, "_code", lambda: [code])

    def key(seed: int = 0, epochs: int = 3) -> str:
        return kept.key(kept.digest([data], {"epochs": epochs}), seed, start)

    first = key()
    assert key() == first
    assert len({first, key(1), key(epochs=4)}) == 3
    for file in (data / "train/x.npy", start, code / "module.py"):
        content = file.read_bytes()
        file.write_bytes(b"other")
        assert key() != first, file
        file.write_bytes(content)
        assert key() == first
    (code / "__pycache__").mkdir()
    (code / "__pycache__/module.pyc").write_bytes(b"other")
    assert key() == first


def test_the_code_is_that_of_the_packages_that_train() -> None:
    from secateur.train import training

    names = {path.name for path in kept._code()}
    assert {"train", "keras_io", "recipes", "arrays", "core"} <= names
    assert Path(training.__file__).parent in kept._code()


def test_the_folder_is_the_projects_even_in_a_clone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(under_way.PROJECT, raising=False)
    assert kept.folder() is None  # no project of DVC's
    (tmp_path / "p/.dvc/tmp").mkdir(parents=True)
    monkeypatch.setenv(under_way.PROJECT, str(tmp_path / "p"))
    assert kept.folder() == tmp_path / "p" / kept.FOLDER


def test_the_oldest_go_when_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "LARGEST", 10)
    monkeypatch.setattr(kept, "YOUNG", -1)
    for number, name in enumerate("abc"):
        kept.add(tmp_path, name, b"12345", CURVES)
        os.utime(tmp_path / f"{name}.json", (number, number))
    assert kept.find(tmp_path, "a") is not None  # it is used, and young again
    kept.forget(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.h5", "a.json", "c.h5", "c.json"]
    kept.write(kept.checkpoint(tmp_path, "d"), b"12345")
    kept.forget(tmp_path)  # what a seed left that will never be finished counts too
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["a.h5", "a.json", "d.checkpoint"]
    os.utime(tmp_path / "d.checkpoint", (0, 0))
    kept.add(tmp_path, "e", b"12345", CURVES)
    kept.forget(tmp_path)
    assert not (tmp_path / "d.checkpoint").exists()


def test_what_a_stage_at_work_may_need_stays_beyond_the_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "LARGEST", 7)
    for name in "ab":
        kept.add(tmp_path, name, b"12345", CURVES)
    (tmp_path / "orphan.h5").write_bytes(b"12345")  # a process ended before it wrote the figures
    day = time.time() - kept.YOUNG
    os.utime(tmp_path / "b.json", (day + 600, day + 600))
    os.utime(tmp_path / "orphan.h5", (day - 600, day - 600))
    kept.forget(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.h5")) == ["a.h5", "b.h5"]


def test_what_another_stage_deletes_at_the_same_time_is_no_error(tmp_path: Path) -> None:
    kept.add(tmp_path, "a", b"12345", CURVES)
    kept.checkpoint(tmp_path, "b").symlink_to(tmp_path / "gone")  # listed, and not there
    kept.forget(tmp_path)
    assert kept.find(tmp_path, "a") is not None
