"""Which channels are tied, who reads whom, and what is left whole."""

from typing import Any

import numpy as np

from secateur.keras_io.backend import keras
from secateur.network import channels

L = keras.layers


def graph(given: Any, x: Any) -> channels.Channels:
    return channels.of(keras.Model(given, x))


def sizes(found: channels.Channels) -> list[int]:
    return [len(group) for group in found.groups()]


def test_an_addition_ties_all_that_feed_it() -> None:
    given = keras.Input((8, 8, 3))
    x = L.Conv2D(4, 3, padding="same", name="first")(given)
    y = L.Conv2D(4, 3, padding="same", name="second")(L.ReLU()(x))
    x = L.Add()([x, y])
    found = graph(given, L.Dense(2)(L.GlobalAveragePooling2D()(x)))
    first, second = (found.first[found.outputs[name]] for name in ("first", "second"))
    np.testing.assert_array_equal(first, second)
    assert sizes(found) == [4]


def test_concatenation_shifts_and_flattening_repeats() -> None:
    given = keras.Input((2, 2, 3))
    one, other = (L.Conv2D(n, 1, name=name)(given) for name, n in (("one", 2), ("other", 3)))
    x = L.Flatten()(L.Concatenate()([other, one]))
    found = graph(given, L.Dense(2, name="dense")(x))
    read = next(axis for axis in found.axes["dense"] if axis.role == "reads").channels
    expected = [*found.outputs["other"], *found.outputs["one"]] * 4
    np.testing.assert_array_equal(read, expected)
    assert sorted(sizes(found)) == [2, 3]


def test_a_depthwise_convolution_passes_each_channel_on_as_often_as_it_multiplies() -> None:
    given = keras.Input((4, 4, 1))
    x = L.Conv2D(3, 1, name="conv")(given)
    x = L.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise")(x)
    found = graph(given, L.Conv2D(2, 1, name="after")(x))
    np.testing.assert_array_equal(found.outputs["depthwise"], np.repeat(found.outputs["conv"], 2))
    assert sizes(found) == [3]


def test_an_embedding_may_lose_channels_and_reads_none() -> None:
    given = keras.Input((6,))
    x = L.GlobalAveragePooling1D()(L.Embedding(9, 5, name="words")(given))
    found = graph(given, L.Dense(2, name="dense")(x))
    np.testing.assert_array_equal(found.axes["dense"][0].channels, found.outputs["words"])
    assert sizes(found) == [5]
    assert "words" not in found.whole


def test_what_no_rule_knows_is_left_whole_with_the_reason() -> None:
    given = keras.Input((6, 3))
    x = L.Dense(4, name="before")(given)
    x = L.LayerNormalization(name="normalized")(x)
    x = L.Dense(5, activation="softmax", name="mixed")(x)
    x = L.Dense(5, name="free")(x)
    found = graph(given, L.Dense(2, name="last")(L.Flatten()(x)))
    assert sizes(found) == [5]
    assert "LayerNormalization" in found.whole["normalized"]
    assert "softmax may mix channels" in found.whole["mixed"]
    assert found.whole["last"] == "it is an output of the network"
    (group,) = found.groups()
    np.testing.assert_array_equal(group, found.first[found.outputs["free"]])


def test_a_layer_that_is_called_twice_makes_the_same_channels() -> None:
    given = keras.Input((5,))
    shared = L.Dense(4, name="shared")
    x = shared(shared(L.Dense(4, name="before")(given)))
    found = graph(given, L.Dense(1)(x))
    np.testing.assert_array_equal(
        found.first[found.outputs["before"]], found.first[found.outputs["shared"]]
    )


def test_additions_in_a_row_are_one_group_and_what_lies_between_is_another() -> None:
    given = keras.Input((8, 8, 3))
    x = L.Conv2D(6, 1)(given)
    for _ in range(3):
        y = L.BatchNormalization()(L.Conv2D(4, 1, use_bias=False)(x))
        x = L.Add()([x, L.Conv2D(6, 3, padding="same")(L.ReLU()(y))])
    found = graph(given, L.Dense(2)(L.GlobalAveragePooling2D()(x)))
    assert sorted(sizes(found)) == [4, 4, 4, 6]
