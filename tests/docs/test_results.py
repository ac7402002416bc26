"""The page of MLPerf Tiny's networks: its parameters can work, and its rows are right."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import tiny_data
import tiny_networks
import tiny_page
import tiny_params
from secateur.checks.params_file import check_params


@pytest.mark.parametrize("name", [*tiny_networks.NETWORKS, tiny_networks.SEARCHED])
def test_its_parameters_can_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    searched = name == tiny_networks.SEARCHED
    made = tiny_params.of_search() if searched else tiny_params.of_network(name)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(made))
    for file in ("data/rows.npz", "network/tiny_reference.py", "network/pretrainedResnet.h5"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    found = check_params(tmp_path / "params.yaml")
    assert bool(found.search) is searched
    wanted = {recipe for recipe, _ in tiny_networks.VARIANTS.values()}
    assert wanted <= set(found.recipes) or searched


@pytest.mark.parametrize(
    ("name", "shape"), [("wake_word", (6000, 30, 1, 40)), ("autoencoder", (9000, 640))]
)
def test_synthetic_rows_are_the_same_each_time(name: str, shape: tuple[int, ...]) -> None:
    made, again = tiny_data.SYNTHETIC[name](), tiny_data.SYNTHETIC[name]()
    assert made["x"].shape == shape
    assert all((made[key] == again[key]).all() for key in made)


def test_given_pictures_validate_with_test_rows(tmp_path: Path) -> None:
    x = np.arange(12)
    np.savez(tmp_path / "p.npz", x_train=x, y_train=x[:, None], x_test=x[:7], y_test=x[:7, None])
    made = tiny_data.pictures(tmp_path / "p.npz")
    assert made["x_validation"].tolist() == [0, 3, 6]
    assert made["x_test"].tolist() == made["y_test"].tolist() == [1, 2, 4, 5]


def test_a_row_has_the_figures_of_the_file() -> None:
    network = tiny_networks.NETWORKS["resnet8"]
    whole, costs = "minified_float32", {"arena_bytes": 36496.0, "cycles": 58925.0}
    read: dict[str, Any] = {
        "sizes": {"dense": {whole: {
            "accuracy": {"seeds": dict.fromkeys("012", 0.8)}, "bytes": {"median": 1},
            "gzip_bytes": {"median": 1},
        }, "minified_int8": {
            "accuracy": {"seeds": {"0": 0.75, "1": 0.78, "2": 0.7}, "median": 0.75},
            "bytes": {"median": 72096.0}, "gzip_bytes": {"median": 53227.0},
        }}},
        "costs": {"models": {"dense": {whole: {}, "minified_int8": {
            **{name: {"median": value} for name, value in costs.items()},
            "flash_kib": {"median": 54.9375},
        }}}},
        "latency": {"files": {
            f"dense/{whole}": {"xnnpack": {"p50_us": 200.0}},
            "dense/minified_int8": {"xnnpack": {"p50_us": 50.0}},
        }},
    }  # fmt: skip
    assert tiny_page._row("int8", "dense", "int8", network, read) == [
        "int8", "0.7500 (0.7000 to 0.7800)", "72,096", "53,227", "36,496", "58,925", "54.94",
        "50.0 (0.25)",
    ]  # fmt: skip
    del read["costs"]["models"]["dense"]["minified_int8"]["cycles"]
    assert tiny_page._row("int8", "dense", "int8", network, read)[5] == "-"
