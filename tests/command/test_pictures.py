"""`secateur predict` reads pictures as those of training were read."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from pictures import content, folder, pixels
from secateur.arrays.encoding import Encoding
from secateur.command import pictures, prediction, rows
from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.data import encoding, reading
from secateur.data.parameters import Data


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder(Path("p"), {"cat": 4, "dog": 4})


def learn(source: str = "p", **keys: Any) -> Encoding:
    section = {"source": source, **keys}
    with Path("params.yaml").open("w") as file:
        YAML().dump({"data": section}, file)
    data = validate(Data, section, "data")
    raw = reading.read(data, "binary")
    return encoding.learn(raw, np.arange(len(raw.target)), data, "binary")


def refusal(path: str, learned: Encoding) -> str:
    try:
        rows.check(Path(path))
        rows.read(Path(path), learned)
    except InputError as error:
        return str(error)
    pytest.fail("it was read")


def test_a_folder_is_read_at_any_depth_with_paths() -> None:
    learned = learn()
    found = rows.read(Path("p"), learned)
    item: Any = learned.columns[0]
    expected = (np.array([pixels(i) for i in range(8)]) - item.mean) / item.std
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    paths = pictures.find(Path("p"))
    assert paths == [f"p/{name}/{i}.png" for name in ("cat", "dog") for i in range(4)]
    text = prediction.as_csv(learned, np.linspace(0, 1, 8)[:, None], paths)
    lines = text.splitlines()
    assert lines[0] == "path,y,probability"
    assert lines[1] == "p/cat/0.png,cat,1"
    assert lines[8] == "p/dog/3.png,dog,1"


def test_one_picture_is_resized_as_those_of_training() -> None:
    learned = learn(image={"size": [3, 4], "resize": "stretch", "color": "grayscale"})
    Path("new.JPG").write_bytes(content(pixels(3, 30, 40)))
    assert rows.read(Path("new.JPG"), learned).shape == (1, 3, 4, 1)
    assert pictures.find(Path("new.JPG")) == ["new.JPG"]


def test_pictures_that_do_not_fit_are_refused() -> None:
    learned = learn()
    Path("new.png").write_bytes(content(pixels(3, 30, 40)))
    message = refusal("new.png", learned)
    assert all(word in message for word in ("new.png: ", "30 x 40", "6 x 5"))
    Path("new.png").write_bytes(b"text")
    assert "not a PNG" in refusal("new.png", learned)
    Path("empty").mkdir()
    assert "empty: " in refusal("empty", learned)
    assert "not found" in refusal("none.png", learned)
    assert "picture" in refusal("new.gif", learned)


def test_a_model_of_arrays_or_of_a_table_takes_no_pictures() -> None:
    np.savez("t.npz", x=np.random.default_rng(0).normal(size=(8, 6, 5, 3)), y=[0, 1] * 4)
    message = refusal("p", learn("t.npz"))
    assert all(word in message for word in ("no pictures", "array `x`"))
    Path("t.csv").write_text("a,y\n" + "".join(f"{i / 8},{i % 2}\n" for i in range(8)))
    assert "a table" in refusal("p", learn("t.csv"))


def test_later_changes_of_the_parameters_change_no_prediction() -> None:
    learned = learn(image={"size": [3, 4], "resize": "stretch", "color": "grayscale"})
    before = rows.read(Path("p"), learned)
    learn(image={"size": [3, 4], "resize": "crop", "color": "rgb"})
    np.testing.assert_array_equal(rows.read(Path("p"), learned), before)
    item: Any = learned.columns[0]
    assert item.image.model_dump() == {"color": "grayscale", "resize": "stretch"}
