"""Test rows choose nothing: with other test targets every figure differs, and no choice does."""

import json
from typing import Any

import numpy as np

from project import Repository

STAGES = ("evaluate", "measure_sizes", "report")


def choices(repository: Repository) -> Any:
    """What was chosen: by model its file and seed, the recipe, and the file for each device."""
    devices = json.loads(repository.text("metrics/detail.json"))["costs"]
    return (
        json.loads(repository.text("metrics/ship.json")),
        {
            (model, device): found.get("artifact")
            for model, own in devices.items()
            for device, found in own.items()
        },
    )


def test_shuffled_test_targets_change_no_choice(repository: Repository) -> None:
    before, scored = choices(repository), repository.text("metrics/evaluation.json")
    path = repository.folder / "data/split/test/y.npy"
    targets = np.load(path)
    path.unlink()  # it may be a link into DVC's cache
    np.save(path, np.random.default_rng(0).permutation(targets))
    for stage in STAGES:
        repository.run("env", "PYTHONPATH=src", "python", f"stages/{stage}.py")
    assert repository.text("metrics/evaluation.json") != scored
    assert choices(repository) == before
