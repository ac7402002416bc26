"""The shape of the data, which a network is built to fit, is checked when it is read."""

from pathlib import Path

import pytest

from secateur.arrays import shape
from secateur.core.errors import InputError


def test_reads_what_the_stage_split_writes(tmp_path: Path) -> None:
    path = tmp_path / "shape.json"
    path.write_text('{"inputs": [8, 8, 1], "outputs": 10, "train_rows": 90}')
    assert shape.read(path) == shape.Shape(inputs=[8, 8, 1], outputs=10, train_rows=90)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"inputs": [8]}', '{"inputs": [0], "outputs": 1, "train_rows": 1}',
     '{"inputs": [1], "outputs": 1.5, "train_rows": 1}'],
)  # fmt: skip
def test_refuses_a_damaged_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "shape.json"
    with pytest.raises(InputError, match=r"shape\.json: not found"):
        shape.read(path)
    path.write_text(text)
    with pytest.raises(InputError, match=r"shape\.json: damaged"):
        shape.read(path)
