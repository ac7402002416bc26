"""A drafted `params.yaml` is valid, commented, and reads the data it is for."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

import odd_table
import pictures
from secateur.checks.params_file import Everything
from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.project import drafted
from secateur.project.given import Given
from secateur.report.budget import Budget


def draft(path: Path, target: str = "y", task: Any = None, **more: Any) -> drafted.Draft:
    return drafted.draft(path, target, task, f"data/{path.name}", **more)


def checked(text: str) -> Everything:
    """Read as the first stage reads it; each key stands beside a comment or below one."""
    content = YAML(typ="safe", pure=True).load(text)
    everything: Everything = validate(Everything, content, "params.yaml")
    assert "{{" not in text
    return everything


def test_a_table_with_everything_odd(tmp_path: Path) -> None:
    found = draft(odd_table.write(tmp_path / "odd.csv"), "label")
    everything = checked(found.text)
    assert everything.task == "binary"
    assert everything.data.source == "data/odd.csv"
    assert everything.data.target == "label"
    assert set(everything.data.drop) == {"id", "date", "const", "copy"}
    assert everything.data.decimal == ","
    assert {*everything.recipes} == {"control", "half", "sparse", "small"}
    for name in everything.data.drop:
        assert any(line.startswith(f"left out: {name}: ") for line in found.said)
        (line,) = [line for line in found.text.splitlines() if line.strip().startswith(f"- {name}")]
        assert len(line.partition("  # ")[2]) > 10
    assert any("task binary" in line for line in found.said)


def test_a_removal_of_channels_is_there_to_uncomment(tmp_path: Path) -> None:
    text = draft(odd_table.write(tmp_path / "odd.csv"), "label").text
    before, begin, after = text.partition("  # thin:")
    wanted, end, rest = (begin + after).partition("\ntrade_off:")
    everything = checked(before + re.sub("^  # ", "  ", wanted, flags=re.M) + end + rest)
    own, control = everything.recipes["thin"], everything.recipes["control"]
    assert own.channels
    assert own.channels.keep.given() == {"macs": 0.5}
    assert own.epochs == control.epochs
    (said,) = [line for line in text.splitlines() if "channels: {" in line]
    listed = {word.strip(",") for word in said.rpartition("# or ")[2].split()}
    assert listed | {"macs"} == set(type(own.channels.keep).model_fields)
    budget = text.partition("# What the file may cost")[2].partition("budget: {}")[0]
    assert {name for name in Budget.model_fields if name in budget} == set(Budget.model_fields)


def test_pictures_get_a_size_that_is_not_large(tmp_path: Path) -> None:
    top = pictures.folder(tmp_path / "p", {"cat": 6, "dog": 6}, height=120, width=60)
    (top / "cat/odd.png").write_bytes(pictures.content(pictures.pixels(9, 30, 40)))
    everything = checked(draft(top, "class").text)
    assert everything.data.image is not None
    assert everything.data.image.size == [96, 48]
    assert everything.data.image.resize == "crop"
    assert everything.task == "binary"
    assert everything.data.target == "class"


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    top = pictures.folder(tmp_path / "p", {"cat": 6, "dog": 6})
    (top / "dog/4.png").write_text("no picture")
    with pytest.raises(InputError, match=r"dog/4\.png"):
        draft(top, "class")


def test_transparent_pictures_keep_their_alpha(tmp_path: Path) -> None:
    top = pictures.folder(tmp_path / "p", {"cat": 6, "dog": 6})
    (top / "dog/9.png").write_bytes(pictures.content(pictures.pixels(9, channels=4)))
    everything = checked(draft(top, "class").text)
    assert everything.data.image is not None
    assert everything.data.image.color == "rgba"


def test_arrays_of_keras_with_their_test_part(tmp_path: Path) -> None:
    x = np.random.default_rng(0).integers(0, 255, (60, 16, 16, 3), dtype=np.uint8)
    y = np.arange(60) % 3
    np.savez(tmp_path / "k.npz", x_train=x[:40], y_train=y[:40], x_test=x[40:], y_test=y[40:])
    found = draft(tmp_path / "k.npz")
    everything = checked(found.text)
    assert everything.task == "multiclass"
    assert "where the source has no test part" in found.text
    # 40 rows, of which a fifth validates.
    assert everything.training.batch_size == 4


def test_a_level_that_no_training_row_has(tmp_path: Path) -> None:
    cells = ["rare" if i == 7 else "ab"[i % 2] for i in range(40)]
    lines = [f"{i / 8},{cell},{i / 3}" for i, cell in enumerate(cells)]
    for rows in (lines, [*lines[8:], *lines[:8]]):  # in one of them it is in no training row
        (tmp_path / "t.csv").write_text("\n".join(["a,b,y", *rows]) + "\n")
        checked(draft(tmp_path / "t.csv").text)


def test_what_is_asked_is_in_the_file(tmp_path: Path) -> None:
    asked = Given({"image": {"size": [8, 8], "color": "grayscale"}, "standardize": False}, {})
    top = pictures.folder(tmp_path / "p", {"cat": 6, "dog": 6})
    everything = checked(draft(top, "class", asked=asked).text)
    assert everything.data.image is not None
    assert everything.data.image.size == [8, 8]
    assert everything.data.image.color == "grayscale"
    assert everything.data.image.resize == "crop"
    assert everything.data.standardize is False
    lines = [f"{i // 4},{i / 7},{i % 2}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["patient,a,y", *lines]) + "\n")
    found = draft(tmp_path / "t.csv", asked=Given({}, {"group": "patient"}))
    assert checked(found.text).split.group == "patient"
    assert "where the source has no test part" not in found.text
    assert any("patient" in line and "group" in line for line in found.said)
    assert found.findings.column("patient").role == "split"


def test_a_column_of_parts_is_no_input(tmp_path: Path) -> None:
    lines = [f"{('train', 'test', 'train')[i % 3]},{i / 7},{i % 2}" for i in range(90)]
    (tmp_path / "t.csv").write_text("\n".join(["part,a,y", *lines]) + "\n")
    found = draft(tmp_path / "t.csv")
    assert checked(found.text).split.column == "part"
    assert found.findings.column("part").role == "split"


def test_an_autoencoder(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(60, 20)).astype(np.float32)
    np.savez(tmp_path / "a.npz", x=x)
    everything = checked(draft(tmp_path / "a.npz", "inputs").text)
    assert everything.data.autoencoder
    assert [layer.units for layer in everything.model.layers or []] == [64, 8, 64]  # type: ignore[union-attr]


def test_an_array_that_may_mark_anomalous_rows_is_named(tmp_path: Path) -> None:
    draws = np.random.default_rng(0)
    marks = np.arange(60) % 6 == 0
    np.savez(tmp_path / "a.npz", x=draws.normal(size=(60, 8)), odd=marks.astype(int))
    said = draft(tmp_path / "a.npz", "inputs").said
    assert any("odd" in line and "--set data.anomaly=odd" in line for line in said)
    asked = Given({"anomaly": "odd"}, {})
    found = draft(tmp_path / "a.npz", "inputs", asked=asked)
    assert not any("--set" in line for line in found.said)
    assert checked(found.text).data.anomaly == "odd"


def test_a_model_of_ones_own(tmp_path: Path) -> None:
    odd_table.write(tmp_path / "odd.csv")
    found = draft(tmp_path / "odd.csv", "label", model_file="network/mine.h5")
    everything = checked(found.text)
    assert everything.model.file == "network/mine.h5"
    assert "  # not used: your trained network is the baseline" in found.text
    assert everything.data.standardize is False
    assert everything.task == "binary"


def test_a_model_with_a_unit_for_each_of_two_classes(tmp_path: Path) -> None:
    odd_table.write(tmp_path / "odd.csv")
    found = draft(tmp_path / "odd.csv", "label", model_file="network/mine.h5", units=2)
    assert checked(found.text).task == "multiclass"


@pytest.mark.parametrize(
    ("target", "task", "words"),
    [
        ("nothing", None, ["nothing", "no such column", "label"]),
        ("const", None, ["const", "every cell is 7", "another target"]),
        ("label", "regression", ["label", "text", "binary"]),
        ("date", None, ["date", "dates or times", "another target"]),
    ],
)
def test_a_target_that_cannot_be_predicted_is_refused(
    tmp_path: Path, target: str, task: Any, words: list[str]
) -> None:
    with pytest.raises(InputError) as refused:
        draft(odd_table.write(tmp_path / "odd.csv"), target, task)
    assert all(word in str(refused.value) for word in words), str(refused.value)


def test_yaml_reads_back_what_was_written() -> None:
    for value in ("y", "no", "a b", "x: 1", "#", "ü", "", "1", "a/b", None, True, 3, ["a", "01"]):
        assert YAML(typ="safe", pure=True).load(f"k: {drafted.yaml(value)}")["k"] == value
