"""Records of searches come from users' branches: what is no record is refused by name."""

import json
from pathlib import Path
from typing import Any

import pytest

from made_up_search import record as made_up
from secateur.core import files
from secateur.core.errors import InputError
from secateur.search import record


def written(folder: Path, **changed: Any) -> Path:
    path = folder / "small.json"
    files.write_json(path, {**record.content(made_up()), **changed})
    return path


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "README.md").write_text("what lies here")
    assert record.of_folder(tmp_path) == {"small": made_up()}
    assert record.of_folder(tmp_path / "none") == {}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"best": "one"}, r"small\.json: best: 'one'"),
        ({"device": "gpu"}, r"small\.json: device: 'gpu'"),
        ({"secret": 1}, r"unknown key 'secret'"),
        ({"recipe": "../../x"}, r"recipe: '\.\./\.\./x'"),
        ({"best": 99}, r"best: 99: is no trial"),
        ({"front": [99]}, r"front: 99: is no trial"),
    ],
)
def test_what_is_no_record_is_refused(tmp_path: Path, changed: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        record.read(written(tmp_path, **changed))


def test_other_files_are_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"notes\.txt: is no record of a search; move it out"):
        record.of_folder(tmp_path)
    (tmp_path / "notes.txt").unlink()
    written(tmp_path).rename(tmp_path / "other.json")
    with pytest.raises(InputError, match=r"other\.json: is of the recipe 'small'; call it small"):
        record.of_folder(tmp_path)
    (tmp_path / "other.json").write_text("[" * 100_000)
    with pytest.raises(InputError, match=r"other\.json: .*; `secateur search` writes it anew"):
        record.of_folder(tmp_path)
    (tmp_path / "other.json").write_text(json.dumps([1]))
    with pytest.raises(InputError, match=r"other\.json: \[1\]: must be a section"):
        record.of_folder(tmp_path)


def test_none_is_told_with_the_command_that_writes_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"small\.json: not found; `secateur search` writes it"):
        record.read(tmp_path / "small.json")
