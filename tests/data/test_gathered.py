"""Rows that come some at a time are the same in memory and in a file."""

from pathlib import Path

import numpy as np
import pytest

from secateur.arrays import mapped
from secateur.data import gathered


@pytest.mark.parametrize("in_memory", [1, 700, 1 << 20])
def test_rows_come_back_in_their_order(in_memory: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered, "IN_MEMORY", in_memory)
    expected = np.random.default_rng(0).integers(0, 256, (100, 5, 2), dtype=np.uint8)
    found = gathered.Gathered()
    for start in range(0, 100, 7):
        block = expected[start : start + 7].copy()
        found.append(block)
        block[:] = 0  # it is the caller's again
    array = found.array()
    assert array.dtype == np.uint8
    np.testing.assert_array_equal(array, expected)
    np.testing.assert_array_equal(np.concatenate([*mapped.blocks(array, 64)]), expected)
    rows = np.array([99, 0, 5, 5])
    np.testing.assert_array_equal(gathered.rows_of(array, rows), expected[rows])


def test_a_file_lies_beside_the_outputs_and_has_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gathered, "IN_MEMORY", 10)
    Path(".dvc/tmp").mkdir(parents=True)
    found = gathered.Gathered()
    found.append(np.arange(100.0)[:, None])
    assert found.file is not None
    assert not [*Path(".dvc/tmp").iterdir()]
    assert found.array().sum() == 4950


def test_rows_of_another_shape_or_type_are_refused() -> None:
    found = gathered.Gathered()
    found.append(np.zeros((2, 3), dtype=np.uint8))
    for other in (np.zeros((2, 4), dtype=np.uint8), np.zeros((2, 3))):
        with pytest.raises(ValueError, match="after rows of uint8"):
            found.append(other)


def test_reading_a_map_gives_its_memory_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered, "IN_MEMORY", 10)
    found = gathered.Gathered()
    for _ in range(64):
        found.append(np.ones((1 << 10, 1 << 10), dtype=np.uint8))
    array = found.array()

    def resident() -> int:
        """Bytes of this process's memory that are of files."""
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssFile")) << 10

    before = resident()
    assert array.sum() == 64 << 20
    assert resident() - before > 60 << 20
    mapped.release(array)
    most = 0
    for block in mapped.blocks(array):
        assert block.min() == 1
        most = max(most, resident() - before)
    assert 10 << 20 < most < 20 << 20
    assert resident() - before < 4 << 20
