"""`models/encoding.json` is checked when it is read, and its names and shapes follow from it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from secateur.arrays import encoding
from secateur.core.errors import InputError

LEARNED: dict[str, Any] = {
    "task": "regression",
    "shape": [4],
    "columns": [
        {"type": "number", "name": "alcohol", "mean": 2.0, "std": 0.5},
        {"type": "category", "name": "color", "levels": ["green", "red"]},
        {"type": "number", "name": "open"},
    ],
    "target": {"name": "y", "mean": 20.0, "std": 8.0},
}


def test_names_shape_and_outputs(tmp_path: Path) -> None:
    (tmp_path / "e.json").write_text(json.dumps(LEARNED))
    found = encoding.read(tmp_path / "e.json")
    assert encoding.feature_names(found) == ["alcohol", "color=green", "color=red", "open"]
    assert encoding.numbers_of(found) == {"alcohol": [0], "color": [1, 2], "open": [3]}
    assert encoding.shape(found, 3) == {"inputs": [4], "outputs": 1, "train_rows": 3}
    np.testing.assert_array_equal(found.outputs([[0.0], [2.0]]), [20, 36])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"shape": [5]}, ["shape: [5]", "[4]"]),
        ({"task": "ordinal"}, ["task", "'ordinal'"]),
        ({"task": "binary"}, ["target"]),
        ({"columns": []}, ["columns", "at least 1"]),
        ({"columns": [{"type": "text"}]}, ["columns.0.type", "'text'"]),
        ({"columns": [{"type": "array"}] * 2}, ["columns"]),
        ({"columns": [{"type": "category", "name": "c", "levels": ["a", "a"]}]}, ["levels"]),
        ({"columns": [{"type": "number", "name": "c", "std": 0}]}, ["std", "greater than 0"]),
        ({"columns": [{"type": "category", "name": "c", "levels": ["a"], "most_frequent": "b"}]},
         ["most_frequent: 'b'"]),
    ],
)  # fmt: skip
def test_refuses_a_damaged_encoding(
    tmp_path: Path, change: dict[str, Any], words: list[str]
) -> None:
    path = tmp_path / "e.json"
    with pytest.raises(InputError, match="not found"):
        encoding.read(path)
    content = {**LEARNED, **change}
    path.write_text(json.dumps(content))
    with pytest.raises(InputError) as refusal:
        encoding.read(str(path))
    assert all(word in str(refusal.value) for word in [str(path), *words]), refusal.value
    path.write_text("{")
    with pytest.raises(InputError, match="JSON"):
        encoding.read(path)


@pytest.mark.parametrize(
    "target",
    [
        {"name": ["a", "b"], "mean": 1.0, "std": 1.0},
        {"name": ["a", "b"], "mean": [1.0], "std": [1.0]},
        {"name": ["a"], "mean": [1.0], "std": [1.0]},
        {"name": ["a", "b"], "mean": [1.0, 2.0], "std": [1.0, 0.0]},
        {"name": "a", "mean": [1.0, 2.0], "std": [1.0, 1.0]},
        {"name": "inputs", "inputs": True, "mean": 1.0, "std": 1.0},
    ],
)
def test_refuses_constants_that_do_not_fit_the_targets(target: dict[str, Any]) -> None:
    content = {
        "task": "regression", "shape": [1], "columns": [{"name": "c", "type": "number"}],
        "target": target,
    }  # fmt: skip
    with pytest.raises(ValidationError):
        encoding.Encoding.model_validate(content)
