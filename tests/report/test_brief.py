"""What `dvc metrics diff` compares: a few figures of each model."""

import numpy as np

from made_up_results import SEEDS, measured_of, results, results_of_classes
from secateur.report import brief


def test_each_model_has_a_few_figures_of_its_own_and_of_its_file_to_ship() -> None:
    made = results([0.1, 0.2, 0.3, 0.4, 0.5])
    found = brief.figures(made)
    assert list(found) == list(made.models)
    metric = made.data.task.metric
    for name, own in found.items():
        assert own[metric] == made.evaluation[name]["stripped"][metric]["median"]
        assert own["sparsity"] == made.evaluation[name]["stripped"]["sparsity"]["kernels"]["median"]
        sizes = [a["gzip_bytes"]["median"] for a in made.sizes[name].values()]
        assert own["ship"]["gzip_bytes"] in sizes
        assert set(own) == {
            "collapsed", "diverged", metric, "sparsity", "weights_left", "ship", "costs",
            "latency_ratio",
        }  # fmt: skip


def test_channels_that_went_are_no_zeros_and_are_told() -> None:
    made = results([0.1] * 5)
    left = {seed: {"hidden_1": np.ones((7, 2)), "output": np.ones((2, 1))} for seed in SEEDS}
    found = brief.figures(made._replace(after={**made.after, "finetuned": left}))
    assert [own["weights_left"] for own in found.values()] == [1, 1, 0.25]


def test_classes_are_compared_by_more_than_the_log_loss() -> None:
    made = results_of_classes(["a", "b", "c"])
    own = brief.figures(made)["control"]
    assert own["balanced_accuracy"] == own["ship"]["balanced_accuracy"] == 0.75
    assert own["roc_auc"] is None  # a class without a test row
    assert {"accuracy", "macro_f1"} < own.keys()


def test_costs_are_of_the_file_for_each_device() -> None:
    times = {f"{model}/minified_float32": ratio for model, ratio in
             (("baseline", 1.0), ("finetuned", 0.97))}  # fmt: skip
    hashes = dict.fromkeys(times, "0" * 64)
    found = brief.figures(results([0.1] * 5, measured={"pi4": measured_of(times)}, hashes=hashes))
    assert found["finetuned"]["costs"] == {
        "arena_bytes": 1400, "cycles": 750, "sram_kib": 1.5, "flash_kib": 3.0,
        "peak_activation_bytes": 576,
    }  # fmt: skip
    assert found["finetuned"]["latency_ratio"] == {"pi4": 0.97}
    assert found["control"]["latency_ratio"] == {}


def test_unknown_costs_are_left_out() -> None:
    made = results([0.1] * 5, costs={"baseline": {}, "control": {}, "finetuned": {}})
    assert brief.figures(made)["finetuned"]["costs"] == {}
