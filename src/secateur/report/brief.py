"""The few figures of each model that people compare between branches."""

from typing import Any

from secateur.evaluate.scoring import BESIDE
from secateur.report.choice import to_ship
from secateur.report.results import Results


def figures(results: Results) -> dict[str, dict[str, Any]]:
    """Return each model's figures, medians over the seeds, for `dvc metrics diff`.

    `ship` holds those of its file to ship. Every seed's, every file's and every layer's stand in
    the metrics of the stages before.
    """
    metric = results.data.task.metric
    found = {}
    for name in results.models:
        score, artifacts = results.evaluation[name], results.sizes[name]
        least = artifacts[to_ship(artifacts, results.data.task)]
        beside = [key for key in BESIDE if key in score["stripped"]]
        found[name] = {
            "collapsed": score["collapsed"],
            "diverged": score["diverged"],
            **{key: score["stripped"][key]["median"] for key in (metric, *beside)},
            "sparsity": score["stripped"]["sparsity"]["kernels"]["median"],
            "ship": {key: least[key]["median"] for key in (metric, *beside, "gzip_bytes", "macs")},
        }
    return found
