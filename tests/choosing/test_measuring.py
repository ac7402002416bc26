"""What a trial's files are worth, by real files."""

import gzip

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.choosing import measuring
from secateur.choosing.measuring import File
from secateur.core.errors import InputError
from secateur.core.tasks import TASKS
from secateur.devices.costs import MeasureCosts
from secateur.export.tflite import convert_or_reason
from secateur.keras_io.backend import keras
from secateur.recipes.trial import Device

COSTS = MeasureCosts(
    accelerator="ethos-u55-128", system="Ethos_U55_High_End_Embedded", memory_mode="Shared_Sram",
    rows=3, largest_arena_bytes=1_000_000,
)  # fmt: skip
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(64, 4)).astype(np.float32)


def network(seed: int, outputs: int = 1) -> keras.Model:
    keras.utils.set_random_seed(seed)
    last = "softmax" if outputs > 1 else "linear"
    return keras.Sequential([
        keras.layers.Dense(8, activation="relu", input_shape=(4,), name="hidden"),
        keras.layers.Dense(outputs, activation=last, name="output"),
    ], name="network")  # fmt: skip


def files(seeds: tuple[int, ...], outputs: int = 1) -> dict[str, dict[int, File]]:
    found: dict[str, dict[int, File]] = {}
    for seed in seeds:
        types = ["float32", "float16", "int8"]
        for kind, content, reason in convert_or_reason(network(seed, outputs), types, X, None):
            assert not reason
            found.setdefault(f"minified_{kind}", {})[seed] = File(content, None)
    return found


def measured(
    device: Device, outputs: int = 1, budget: dict[str, object] | None = None, **changed: object
) -> measuring.Measured:
    budget = {"budget": budget or {}}
    seeds = (0, 1, 2)
    predicted = {seed: network(seed, outputs).predict(X, verbose=0) for seed in seeds}
    targets = (
        predicted[0] + 0.1 if outputs == 1 else predicted[0].argmax(axis=1)[:, None]
    ).astype(np.float32)  # fmt: skip
    given = {
        "files": files(seeds, outputs), "networks": predicted,
        "baseline": {seed: own * 0 + 1 / outputs for seed, own in predicted.items()},
        **changed,
    }  # fmt: skip
    task = TASKS["regression" if outputs == 1 else "multiclass"]
    return measuring.measured(
        task, device, rows=Rows(X, targets), gzip_level=9, costs=COSTS,
        **({"budget": {}} | budget),  # type: ignore[arg-type]
        **given,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_cpu_gets_the_smallest_file_that_predicts_as_its_network_does() -> None:
    found = measured("cpu")
    contents = {name: own[0].content for name, own in files((0, 1, 2)).items()}
    floats = [name for name in contents if "float" in name]  # int8 loses too much of this network
    assert found.artifact == min(floats, key=lambda name: len(gzip.compress(contents[name], 9)))
    sizes = [len(own.content) for own in files((0, 1, 2))[found.artifact].values()]
    assert found.figures["file_bytes"] == np.median(sizes)
    assert found.figures["macs"] == 4 * 8 + 8
    assert found.errors.keys() == {0, 1, 2}
    assert found.figures["error"] == pytest.approx(np.median(list(found.errors.values())))
    ratio = found.figures["error"] / np.median(list(found.of_baseline.values()))
    assert found.figures["error_ratio"] == pytest.approx(ratio)
    assert "accuracy_loss" not in found.figures
    assert "cycles" not in found.figures


def test_a_file_that_breaks_the_budget_counts_only_if_each_does() -> None:
    whole = measured("cpu")
    sizes = {name: np.median([len(file.content) for file in own.values()])
             for name, own in files((0, 1, 2)).items() if "float" in name}  # fmt: skip
    (other,) = sizes.keys() - {whole.artifact}
    if sizes[other] < sizes[whole.artifact]:
        found = measured("cpu", budget={"file_bytes": float(sizes[other])})
        assert found.artifact == other
    assert measured("cpu", budget={"file_bytes": 1.0}).artifact == whole.artifact


def test_an_ethos_u_gets_the_int8_file_whatever_its_error() -> None:
    found = measured("ethos_u")
    assert found.artifact == "minified_int8"
    assert found.figures["cycles"] > 0
    assert found.figures["flash_kib"] > 0


def test_a_microcontroller_gets_a_file_that_runs_there() -> None:
    found = measured("microcontroller")
    assert found.artifact in ("minified_float32", "minified_int8")  # float16 does not run
    assert found.figures["arena_bytes"] > 0


def test_of_classes_it_says_how_much_accuracy_is_lost() -> None:
    classes = [network(seed, 3).predict(X, verbose=0).argmax(axis=1) for seed in (0, 1, 2)]
    right = [float(np.mean(own == classes[0])) for own in classes]
    guessed = float(np.mean(classes[0] == 0))  # the baseline here predicts the first class
    found = measured("cpu", outputs=3)
    assert found.figures["accuracy_loss"] == pytest.approx(guessed - np.median(right))


def test_a_device_that_runs_none_of_the_files_is_told() -> None:
    floats = {"minified_float16": files((0, 1, 2))["minified_float16"]}
    with pytest.raises(InputError, match=r"search\.device: 'ethos_u': runs no file of the trial"):
        measured("ethos_u", files=floats)
