"""The parameters with which each of MLPerf Tiny's networks is made smaller, and searched."""

from math import ceil
from typing import Any

from tiny_networks import NETWORKS, SEARCHED_NETWORK, SEEDS, Network

UNSEEN = [3, 4, 5]
PICTURES = [
    {"type": "RandomFlip", "mode": "horizontal"},
    {"type": "RandomTranslation", "height_factor": 0.1, "width_factor": 0.1},
]
FOREVER = {"patience": None}


def of_network(name: str) -> dict[str, Any]:
    """Return `params.yaml` for a network's table.

    Recipes train for as long as `dense`, which has nothing removed; `all` is two of them, one after
    the other, as `dense_twice` is.
    """
    own = NETWORKS[name]
    length = {"epochs": own.epochs, **FOREVER}
    steps = ceil(own.rows / own.batch_size) * own.epochs
    ramp = steps * 6 // 100 * 10  # of six tenths of the training, and a multiple of `frequency`

    def zeros(share: float, start: str) -> dict[str, Any]:
        schedule = {
            "type": "PolynomialDecay", "initial_sparsity": 0.0, "final_sparsity": share,
            "begin_step": 0, "end_step": ramp, "frequency": 10,
        }  # fmt: skip
        return {"start": start, "scope": "whole", "schedule": schedule, **length}

    recipes = {
        "dense": {"start": "baseline", "scope": "none", **length},
        "dense_twice": {"start": "dense", "scope": "none", **length},  # as long as `all`
        "zeros_50": zeros(0.5, "baseline"),
        "zeros_80": zeros(0.8, "baseline"),
        "channels_50": {
            "start": "baseline", "channels": {"keep": {"macs": 0.5}, "controls": []}, **length,
        },
        "all": zeros(0.8, "channels_50"),
    }  # fmt: skip
    return {**_common(own), "recipes": recipes}


def of_search() -> dict[str, Any]:
    """Return `params.yaml` of the search for a ResNet-8 in a fifth of its flash on an Ethos-U.

    It first learns these pictures whole, once for all trials (`longer`). The network as it was
    given is no teacher: these pictures came through JPEG, and of them it knows less than what it
    taught. Channels, zeros and the weights' precision vary.
    """
    own = _common(NETWORKS[SEARCHED_NETWORK])
    ramp = {
        "type": "PolynomialDecay", "initial_sparsity": 0.0, "final_sparsity": 0.76,
        "begin_step": 0, "end_step": 2000, "frequency": 10,
    }  # fmt: skip
    recipes = {
        "longer": {
            "start": "baseline", "scope": "none", "epochs": 12, **FOREVER,
        },
        "thin": {
            "start": "longer", "channels": {"keep": {"macs": 0.95}, "controls": []},
            "epochs": 1, **FOREVER,
        },
        "thin_sparse": {  # the first and the last layer and the shortcuts stay dense
            "start": "thin",
            "schedule": {
                "conv2d_[1-4]": ramp,
                "conv2d_[67]": {**ramp, "final_sparsity": 0.915},  # two thirds of all weights
            },
            # 0.001, as elsewhere, does not win back in 18 epochs what so many zeros cost.
            "training": {**own["training"], "learning_rate": 0.003}, "epochs": 18, **FOREVER,
        },
        "thin_low": {
            "start": "thin_sparse", "quantization": {"weights": "int4"},
            "training": {**own["training"], "learning_rate": 0.001}, "epochs": 6, **FOREVER,
        },
    }  # fmt: skip
    zeros = "recipes.thin_sparse.schedule.conv2d_{}.final_sparsity"
    return {
        **own,
        "recipes": recipes,
        "search": {
            "recipe": "thin_low",
            "device": "ethos_u",
            "vary": {
                "recipes.thin.channels.keep.macs": {"low": 0.85, "high": 0.95, "step": 0.05},
                zeros.format("[1-4]"): {"low": 0.7, "high": 0.85},
                zeros.format("[67]"): {"low": 0.9, "high": 0.95},
                "recipes.thin_low.quantization.weights": ["int4", "int8"],
                "recipes.thin_low.training.learning_rate": {
                    "low": 0.0003, "high": 0.002, "log": True,
                },
            },
            "minimize": ["accuracy_loss", "flash_kib"],
            # A fifth of the whole network's 77.33.
            "at_most": {"flash_kib": 15.46, "accuracy_loss": 0.01},
            "trials": 10,
            "reduction_factor": 5,
            "under_way": 2,
            "unseen_seeds": UNSEEN,
        },
    }  # fmt: skip


def _model(own: Network) -> dict[str, Any]:
    """Return the given network; or one that starts with its weights and learns other rows."""
    if own.weights == "given":
        return {"file": f"network/{own.file}"}
    new = {"new": True} if own.weights == "new" else {}
    return {"build": "network/tiny_reference.py", "params": {"file": own.file, **new}}


def _common(own: Network) -> dict[str, Any]:
    odd = own.figure == "roc_auc"
    training: dict[str, Any] = {
        "optimizer": "Adam", "learning_rate": 0.001, "learning_rate_schedule": "CosineDecay",
        "batch_size": own.batch_size,
    }  # fmt: skip
    if own.weights == "given":  # pictures of things, which may stand elsewhere
        training["augmentation"] = PICTURES
    return {
        "seeds": SEEDS,
        "data": {
            "source": "data/rows.npz", "standardize": False,
            **({"target": "inputs", "anomaly": "odd"} if odd else {"target": "y"}),
        },
        "task": "regression" if odd else "multiclass",
        "generate_data": {"n_samples": 100, "n_features": 5, "random_state": 0},
        "split": {"test_size": 0.2, "validation_size": 0.2, "random_state": 42},
        "model": _model(own),
        "training": training,
        # Of a given network the file takes the place of this training.
        "train_baseline": {"epochs": own.epochs, **FOREVER},
        "trade_off": {
            "sparsities": [0.8],
            "training": {"optimizer": "Adam", "learning_rate": 0.001, "batch_size": 32},
            "epochs": 2,
            "ramp_epochs": 1,
        },
        "convert": {"calibration_rows": 1000},
        "mix_precision": {"recipes": [], "largest_error_ratio": 1.05, "rows": 1000},
        "measure_sizes": {"gzip_level": 9, "largest_error_ratio": 30},
        "measure_latency": {"rounds": 20, "seconds": 0.1, "warm_up_seconds": 0.05},
        "measure_costs": {
            "accelerator": "ethos-u55-128", "system": "Ethos_U55_High_End_Embedded",
            "memory_mode": "Shared_Sram", "rows": 5, "largest_arena_bytes": 67108864,
        },
        "budget": {},
        "report": {"references": []},
    }  # fmt: skip
