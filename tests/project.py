"""This project as a real Git and DVC repository with tiny parameters, for tests of the pipeline."""

import copy
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from import_graph import ROOT

# Four batches in the 72 training rows: XLA compiles the step once more for a smaller last batch.
BATCH = 18
TINY: dict[str, Any] = {
    "seeds": [0, 1],
    "generate_data": {"n_samples": 120, "n_features": 6, "noise": 0.0, "random_state": 0},
    "split": {"test_size": 0.25, "validation_size": 0.2, "random_state": 42},
    "data": {"source": "data/generated/friedman1.parquet", "target": "y", "standardize": False},
    "task": "regression",
    "model": {"layers": [{"type": "Dense", "units": 8, "activation": "relu"}]},
    "training": {"optimizer": "Adam", "learning_rate": 0.01, "batch_size": BATCH},
    "train_baseline": {"epochs": 3, "patience": 2},
    "recipes": {
        "whole_model": {
            "start": "initial",
            "scope": "whole",
            "schedule": {"type": "ConstantSparsity", "target_sparsity": 0.5, "frequency": 2},
            "epochs": 2,
            "patience": 2,
        },
        "dense_only": {
            "start": "initial",
            "scope": ["hidden_1"],
            "schedule": {
                "type": "PolynomialDecay",
                "initial_sparsity": 0.2,
                "final_sparsity": 0.75,
                "begin_step": 2,
                "end_step": 6,
                "frequency": 2,
            },
            "block_size": [2, 3],
            "block_pooling_type": "MAX",
            "epochs": 2,
            "patience": 2,
        },
        "finetuned": {
            "start": "baseline",
            "scope": "whole",
            "schedule": {"type": "ConstantSparsity", "target_sparsity": 0.5, "frequency": 2},
            "epochs": 2,
            "patience": 2,
            "clustering": {"number_of_clusters": 4, "epochs": 2},
        },
        "control": {"start": "baseline", "scope": "none", "epochs": 2, "patience": None},
        "tuned": {
            "start": "finetuned",
            "scope": "none",
            "preserve_sparsity": True,
            "epochs": 2,
            "patience": None,
        },
    },
    "trade_off": {
        "sparsities": [0.5, 0.75],
        "training": {"optimizer": "AdamW", "learning_rate": 0.01, "batch_size": BATCH},
        "epochs": 4,
        "ramp_epochs": 3,
    },
    "convert": {"calibration_rows": 40},
    "mix_precision": {"recipes": [], "largest_error_ratio": 1.5, "rows": 20},
    "measure_sizes": {"gzip_level": 9, "largest_error_ratio": 100},
    "measure_latency": {"rounds": 3, "seconds": 0.001, "warm_up_seconds": 0.0},
    "measure_costs": {
        "accelerator": "ethos-u55-128",
        "system": "Ethos_U55_High_End_Embedded",
        "memory_mode": "Shared_Sram",
        "rows": 3,
        "largest_arena_bytes": 1_000_000,
    },
    "budget": {},
    "report": {
        "references": [
            {"name": "known & <measured>", "gzip_bytes": 900, "error": 1.5},
            {"name": "known $ only", "gzip_bytes": 700, "error": None},
        ]
    },
}


def write_params(folder: Path, params: dict[str, Any]) -> None:
    with (folder / "params.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(params, file)


class Repository:
    """A real Git and DVC repository of this project's files with tiny parameters."""

    def __init__(self, folder: Path, params: dict[str, Any]) -> None:
        self.folder, self.params = folder, copy.deepcopy(params)
        self.output = ""  # of the run that made its results
        self.env = {**os.environ, "DVC_NO_ANALYTICS": "1"}
        # As `make` does: the environment's python and dvc first.
        self.env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.env["PYTHONPATH"] = str(folder / "src")

    @classmethod
    def new(cls, folder: Path, params: dict[str, Any]) -> "Repository":
        """Copy this project's files and commit them with these parameters."""
        made = cls(folder, params)
        made.fill()
        return made

    def fill(self) -> None:
        folder = self.folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)
        for made in ("dvc.lock", *(path.name for path in folder.glob("metrics/*"))):
            (folder / made).unlink(missing_ok=True)
        kept = [Path(f"metrics/{name}/README.md") for name in ("devices", "searches")]
        texts = [(folder / path).read_text(encoding="utf-8") for path in kept]
        shutil.rmtree(folder / "metrics")
        for path, text in zip(kept, texts, strict=True):
            (folder / path).parent.mkdir(parents=True)  # a stage depends on it
            (folder / path).write_text(text, encoding="utf-8")
        self.write_params()
        self.git("init", "-q", "-b", "main")
        self.commit("tiny")

    def copy(self, folder: Path) -> "Repository":
        """The same with its cache, elsewhere."""
        shutil.copytree(self.folder, folder, symlinks=True)
        copied = copy.copy(self)
        copied.folder, copied.params = folder, copy.deepcopy(self.params)
        return copied

    def write_params(self) -> None:
        write_params(self.folder, self.params)

    def git(self, *args: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        return self.run("git", *identity, *args)

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def run(self, *command: str, prefix: tuple[str, ...] = (), ok: bool = True) -> str:
        """What the command prints; fails if it does (or, with `ok=False`, does not)."""
        done = subprocess.run(
            [*prefix, *command], cwd=self.folder, env=self.env, text=True, encoding="utf-8",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) == ok, done.stdout
        return done.stdout

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


def settled(lock: str) -> str:
    """A `dvc.lock` without hash and size of measured time, which no run repeats."""
    own = r"(- path: metrics/latency\.json\n +hash: md5\n) +md5: \w+\n +size: \d+\n"
    found, count = re.subn(own, r"\1", lock)
    assert count <= 1
    return found


def ran(output: str) -> list[str]:
    """The stages that a `dvc repro` ran, in its order."""
    return [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage")]
