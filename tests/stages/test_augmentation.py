"""Augmented training goes through every stage that trains, and leaves no trace in the files."""

from pathlib import Path

import numpy as np
import pytest

from own_project import own, read, run_all
from secateur.evaluate import litert

FLIP = [{"type": "RandomFlip", "mode": "horizontal"},
        {"type": "RandomTranslation", "height_factor": 0.2, "width_factor": 0.2}]  # fmt: skip


def test_baseline_recipes_clusters_and_curve_train_on_augmented_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).integers(0, 255, (150, 6, 6, 1), dtype=np.uint8)
    np.savez("own.npz", x=x, y=x.mean(axis=(1, 2, 3)) > 127)
    params = own(task="binary", data={"source": "own.npz", "target": "y"}, seeds=[1])
    params["model"] = {"layers": [{"type": "Flatten"}, {"type": "Dense", "units": 6}]}
    params["training"]["augmentation"] = FLIP
    params["trade_off"]["training"]["augmentation"] = FLIP
    half = params["recipes"]["half"]
    half |= {"clustering": {"number_of_clusters": 8, "epochs": 1}}
    half["training"] = {**half["training"], "augmentation": FLIP}
    run_all(params)
    figures = read("sizes")["half"]
    assert figures["clustered_float32"]["difference"]["median"] < 1e-5
    content = Path("models/tflite/half/stripped_float32/seed_1.tflite").read_bytes()
    one = litert.predict(content, x[:5].astype(np.float32))
    np.testing.assert_array_equal(one, litert.predict(content, x[:5].astype(np.float32)))
