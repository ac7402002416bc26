"""Row numbers and identifiers are no inputs, unless the user says so."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from user_data import read, refusal

RANDOM = np.random.default_rng(0).permutation(1000)[:20] + 5
OTHER = [5, 7, 7, 5] * 5


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("n", range(20)),
        ("n", range(1, 21)),
        ("id", RANDOM),
        ("customer_id", RANDOM),
        ("PassengerId", RANDOM),
        ("Unnamed: 0", RANDOM),
        ("big", RANDOM + 2**60),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_row_numbers_are_refused_unless_named(
    tmp_path: Path, name: str, cells: Any, kind: str
) -> None:
    path = tmp_path / f"t.{kind}"
    frame = pd.DataFrame({name: cells, "b": OTHER, "y": np.arange(20) / 8})
    frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
    message = refusal(path)
    assert f"column {name!r}" in message
    assert "data.drop" in message
    assert f"data.numbers: [{name!r}]" in message
    assert list(read(path, drop=[name]).inputs) == ["b"]
    for keys in ({"numbers": [name]}, {"features": [name, "b"]}):
        raw = read(path, **keys)
        assert isinstance(raw.inputs, dict)
        np.testing.assert_array_equal(raw.inputs[name].values, np.array(cells, dtype=float))


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("year", np.sort(2000 + RANDOM % 17)),
        ("size", np.sort(RANDOM)),
        ("t", np.arange(20) / 2),
        ("t", np.arange(20) + 3),
        ("humid", RANDOM),
        ("grid", RANDOM),
        ("id", RANDOM // 100),
        ("width", RANDOM),
        ("paid", RANDOM),
        ("v", [0, 1] * 10),
    ],
)
def test_other_whole_numbers_are_inputs(tmp_path: Path, name: str, cells: Any) -> None:
    path = tmp_path / "t.csv"
    pd.DataFrame({name: cells, "y": np.arange(20) / 8}).to_csv(path, index=False)
    assert list(read(path).inputs) == [name]


def test_few_rows_may_count_by_chance(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("n,y\n1,0.5\n2,0.25\n3,1\n")
    assert list(read(tmp_path / "t.csv").inputs) == ["n"]
