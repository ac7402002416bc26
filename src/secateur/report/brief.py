"""The few figures of each model that people compare between branches."""

from typing import Any

from secateur.evaluate.scoring import BESIDE
from secateur.report import remaining_weights
from secateur.report.costs import cost, latency
from secateur.report.results import Results

# The costs that branches are compared by, and the device whose file has them.
COSTS = {
    "arena_bytes": "microcontroller",
    "cycles": "ethos_u",
    "sram_kib": "ethos_u",
    "flash_kib": "ethos_u",
    "peak_activation_bytes": "cpu",
}


def figures(results: Results) -> dict[str, dict[str, Any]]:
    """Return each model's figures, medians over the seeds, for `dvc metrics diff`.

    `weights_left` is the share of the baseline's kernel weights that were not removed; zeros count.
    `ship` holds those of its file to ship, and `costs` what the file for each device costs there,
    where that is known. Every seed's, every file's and every layer's stand in `detail.json`.
    """
    metric = results.data.task.metric
    found = {}
    for name in results.models:
        score, artifacts = results.evaluation[name], results.sizes[name]
        least = artifacts[results.ships(name)]
        beside = [key for key in BESIDE if key in score["stripped"]]
        found[name] = {
            "collapsed": score["collapsed"],
            "diverged": score["diverged"],
            **{key: score["stripped"][key]["median"] for key in (metric, *beside)},
            "sparsity": score["stripped"]["sparsity"]["kernels"]["median"],
            "weights_left": remaining_weights.of_baseline(results, name),
            "ship": {key: least[key]["median"] for key in (metric, *beside, "gzip_bytes", "macs")},
            "costs": _costs(results, name),
            "latency_ratio": _latency(results, name),
        }
    return found


def _costs(results: Results, model: str) -> dict[str, float]:
    found = {key: cost(results, model, device, key) for key, device in COSTS.items()}
    return {key: value for key, value in found.items() if value is not None}


def _latency(results: Results, model: str) -> dict[str, float]:
    """Return the ratio of a model's time to the baseline's, by device."""
    found = {device: latency(results, model, device).ratio for device in results.measured}
    return {device: value for device, value in found.items() if value is not None}
