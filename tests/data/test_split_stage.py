"""The stage `split` counts rows that occur several times, and keeps each in one part."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import split as stage
from project import write_params
from secateur.arrays import encoding, parts

SPLIT = {"test_size": 0.25, "validation_size": 0.2, "random_state": 42}
PARTS = ("train", "validation", "test")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[None]:
    with contextlib.chdir(tmp_path):
        yield


def split(data: dict[str, Any] | None = None, **how: Any) -> list[set[tuple[float, ...]]]:
    """The distinct rows of each part."""
    section = {"source": "t.csv", "standardize": False, **(data or {})}
    write_params(Path(), {"task": "regression", "data": section, "split": {**SPLIT, **how}})
    stage.main()
    learned = encoding.read("models/encoding.json")
    found = [parts.read(Path("data/split") / name, learned).rows() for name in PARTS]
    assert json.loads(Path("data/split/shape.json").read_text())["train_rows"] == len(found[0].x)
    assert sum(len(part.x) for part in found) == 120
    return [set(map(tuple, np.hstack(part).tolist())) for part in found]


def test_units_and_a_target_of_two_numbers_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{i / 8} kg,{i % 2}" for i in range(120)]
    Path("t.csv").write_text("\n".join(["a,y", *lines]))
    split(data={"numbers": ["a"]})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2
    assert "'kg'" in printed[0]
    assert "task: binary" in printed[1]


def test_every_row_twice_is_told_and_kept_in_one_part(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"{i / 8},{i % 7},{i % 5}" for i in range(60)]
    Path("t.csv").write_text("\n".join(["a,b,y", *lines, *lines]))
    found = split()
    printed = capsys.readouterr().out
    assert "60 distinct rows" in printed
    assert "120 rows" in printed
    assert not found[0] & found[1] | found[0] & found[2] | found[1] & found[2]
    found = split(duplicates="ignore")
    assert found[0] & found[2]
    assert capsys.readouterr().out == ""
