"""A refused model's message asks what it was trained on, and what it advises works."""

import re
from pathlib import Path

import numpy as np
import pytest

from secateur.arrays.encoding import Array, Encoding, Target
from secateur.arrays.rows import Rows
from secateur.keras_io.backend import keras
from secateur.network import trained_file
from secateur.train import trained_on
from small_networks import NUMBERS

SHAPE = (4, 4, 1)
PIXELS = np.random.default_rng(0).integers(0, 256, (40, *SHAPE)).astype(np.float32)
DIVIDE = r"pixels / 255"
DOCS = Path(__file__).parents[2] / "docs/own-model.md"


def asked(x: np.ndarray, mean: float = 0.0, std: float = 1.0) -> str:
    encoding = Encoding(
        task="multiclass", shape=[*SHAPE], columns=[Array(mean=mean, std=std)],
        target=Target(name="y", classes=["a", "b", "c"]),
    )  # fmt: skip
    return trained_on.question(encoding, Rows((x - mean) / std, np.zeros((len(x), 1))))


def test_of_pixels_it_asks_whether_they_were_divided() -> None:
    plain = asked(PIXELS)
    assert DIVIDE in plain
    assert "data.standardize" not in plain  # is false already
    scaled = asked(PIXELS, 127.0, 70.0)
    assert DIVIDE in scaled
    assert scaled.count("data.standardize: false") == 2


@pytest.mark.parametrize("x", [PIXELS / 255, PIXELS - 128, PIXELS * 256])
def test_of_other_arrays_it_does_not(x: np.ndarray) -> None:
    assert DIVIDE not in asked(x)
    assert "data.standardize: true" in asked(x)
    assert "data.standardize: false" in asked(x, 3.0, 2.0)


def test_of_a_table_it_says_what_is_not_set_already() -> None:
    rows = Rows(np.full((3, 6), 200, np.float32), np.zeros((3, 1)))
    plain = trained_on.question(NUMBERS, rows)
    assert DIVIDE not in plain
    assert "data.standardize: true" in plain
    first, *others = NUMBERS.columns
    scaled = NUMBERS.model_copy(update={"columns": [first.model_copy(update={"std": 2}), *others]})
    assert "data.standardize: false" in trained_on.question(scaled, rows)


@pytest.mark.parametrize("place", ["message", "docs"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_layer_in_front_divides_pixels(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("network").mkdir()
    layers = keras.layers
    mine = keras.Sequential([layers.Input(SHAPE), layers.Flatten(), layers.Dense(3, "softmax")])
    mine.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    mine.fit(PIXELS / 255, np.zeros(len(PIXELS)), verbose=0)
    mine.save("network/mine.h5")
    if place == "docs":
        blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
        (code,) = (block for block in blocks if "Rescaling" in block)
    else:
        (code,) = re.findall(r"new file: (.*'network/pixels\.h5'\))\)", asked(PIXELS))
        code = f"import tf_keras\n{code}"
    exec(code, {})
    loaded = trained_file.load(Path("network/pixels.h5"))
    np.testing.assert_allclose(loaded(PIXELS), mine(PIXELS / 255), rtol=1e-5)
