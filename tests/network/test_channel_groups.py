"""The groups of channels as JSON: who makes them, and which kernel counts them."""

import json
from pathlib import Path

from secateur.core.seeds import seed_file
from secateur.evaluate.sizes import read_h5_kernels
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.network import channel_groups

L = keras.layers


def test_a_group_has_its_layers_and_what_stays_its_reason() -> None:
    given = keras.Input((8, 8, 3), name="given")
    x = L.Conv2D(4, 3, padding="same", name="first")(given)
    y = L.Conv2D(4, 3, padding="same", name="second")(L.ReLU()(x))
    x = L.Conv2DTranspose(5, 2, name="third")(L.Add()([x, y]))
    found = channel_groups.described(keras.Model(given, L.Conv2D(2, 1, name="last")(x)))
    assert found["groups"] == [
        {"layers": ["first", "second"], "channels": 4, "kernel": "first", "axis": 3},
        {"layers": ["third"], "channels": 5, "kernel": "third", "axis": 2},
    ]
    assert found["whole"]["last"] == "it is an output of the network"
    assert json.loads(json.dumps(found)) == found


def test_the_kernel_that_counts_a_group_is_called_as_the_report_reads_it(tmp_path: Path) -> None:
    """Of several kernels the right one; of several groups that a layer makes, none of its."""
    given = keras.Input((6,))
    words = L.Embedding(9, 5, name="words")(given)
    x = L.SeparableConv1D(4, 2, name="apart")(words)
    x = L.GRU(3, name="memory")(x)
    both = L.Concatenate()([L.Dense(2, name="one")(x), L.Dense(3, name="other")(x)])
    model = keras.Model(given, L.Dense(1)(L.Add()([both, L.Dense(5, name="wide")(x)])))
    found = channel_groups.described(model)["groups"]
    assert [(group["layers"], group["kernel"]) for group in found] == [
        (["words"], None), (["apart"], "apart/pointwise_kernel"), (["memory"], "memory/kernel"),
        (["one", "wide"], "one"), (["other", "wide"], "other"),
    ]  # fmt: skip
    h5_files.save(seed_file(tmp_path, 0), model)
    kernels = read_h5_kernels(seed_file(tmp_path, 0))
    lengths = [kernels[g["kernel"]].shape[g["axis"]] for g in found if g["kernel"]]
    assert lengths == [4, 9, 2, 3]  # a GRU has three gates
