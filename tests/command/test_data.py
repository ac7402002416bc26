"""`secateur data` says what the source holds, before any run and whatever is doubtful."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from pictures import folder as pictures
from project import write_params
from secateur.command.app import app
from secateur.data.friedman1 import MADE

ROWS = [f"{i % 50},{10115 + i % 7},{'red' if i % 2 else 'blue'},{'xyz'[i % 3]}" for i in range(120)]
CSV = "\n".join(["amount,zip,color,label", *ROWS]) + "\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[None]:
    with contextlib.chdir(tmp_path):
        yield


def show(*arguments: str, task: str = "multiclass", **data: Any) -> Result:
    section = {"source": "t.csv", "target": "label", **data}
    split = {"test_size": 0.25, "validation_size": 0.2, "random_state": 42}
    write_params(Path(), {"task": task, "data": section, "split": split})
    return CliRunner().invoke(app, ["data", *arguments])


def test_shows_columns_parts_rows_and_doubts_before_any_run() -> None:
    Path("t.csv").write_text(CSV)
    shown = show()
    assert (shown.exit_code, shown.stderr) == (0, "")
    assert "data: {categorical: [zip]}" in shown.stdout
    for line in ("validation", "label", "color", "different"):
        assert line in shown.stdout
    assert not Path("models").exists()


def test_json_is_what_split_writes() -> None:
    import split as stage

    Path("t.csv").write_text(CSV)
    shown = show("--json")
    stage.main()
    assert shown.stdout == Path("models/data.json").read_text(encoding="utf-8")


def test_what_split_refuses_is_a_doubt_with_its_remedy() -> None:
    Path("t.csv").write_text(CSV.replace("\n3,", "\n?,"))
    shown = show("--json")
    assert shown.exit_code == 0
    assert "not split: t.csv" in shown.stderr
    content = json.loads(shown.stdout)
    lines = [doubt["line"] for doubt in content["doubts"] if doubt["column"] == "amount"]
    assert lines == ['data: {missing_values: ["?"], missing: impute}']
    assert content["parts"] == []
    settled = show("--json", missing_values=["?"], missing="impute")
    assert settled.stderr == ""
    [amount] = [c for c in json.loads(settled.stdout)["columns"] if c["name"] == "amount"]
    assert amount["filled_with"] is not None


def test_pictures_are_counted_and_not_decoded() -> None:
    pictures(Path("t"), {"cat": 5, "dog": 4})
    shown = show("--json", source="t")
    assert (shown.exit_code, "large" in shown.stderr) == (0, True)
    first, classes = json.loads(shown.stdout)["columns"]
    assert first["kind"] == "picture"
    assert [level["count"] for level in classes["levels"]] == [5, 4]


def test_mistakes_are_one_line() -> None:
    assert show().stderr.startswith("error: 't.csv': not found")
    Path("t.csv").write_text(CSV)
    wrong = show(target="lable")
    assert (wrong.exit_code, wrong.stderr.count("\n")) == (1, 1)
    assert "(did you mean 'label'?)" in wrong.stderr
    assert "generate_data" in show(source=MADE, target="y", task="regression").stderr
    np.savez("t.npz", y=np.arange(9))
    assert "no array 'x'" in show(source="t.npz").stderr
