"""Grids are those that files have, layer by layer."""

import numpy as np
import pytest

from secateur.keras_io import grids
from secateur.keras_io.backend import keras
from secateur.keras_io.grids import Grid

L = keras.layers


def built(layer: L.Layer, *after: L.Layer, inputs: tuple[int, ...] = (8, 8, 4)) -> L.Layer:
    keras.Sequential([L.Input(inputs), layer, *after])
    return layer


@pytest.mark.parametrize(
    ("layer", "int8", "int4"),
    [
        (L.Dense(3), (127, True), (7, True)),
        (L.Conv2D(3, 3), (127, False), (7, False)),
        (L.DepthwiseConv2D(3), (127, False), (127, False)),
        (L.Conv2DTranspose(3, 3), (127, False), (127, False)),
    ],
)
def test_dense_layers_have_one_scale_and_int4_is_for_few(
    layer: L.Layer, int8: tuple[int, bool], int4: tuple[int, bool]
) -> None:
    built(layer)
    assert grids.grid(layer, "int8") == Grid(*int8)
    assert grids.grid(layer, "int4") == Grid(*int4)


def test_a_dense_layer_that_is_normalized_has_a_scale_for_each_channel() -> None:
    layer = built(L.Dense(3), L.BatchNormalization(), inputs=(5,))
    assert grids.grid(layer, "int8") == grids.grid(layer, "int4") == Grid(127, one_scale=False)


def test_axes_are_those_of_channels() -> None:
    axes = {
        layer: grids.channel_axes(built(layer), grids.grid(layer, "int8"))
        for layer in (L.Dense(2), L.Conv2D(2, 3), L.DepthwiseConv2D(3), L.Conv2DTranspose(2, 3))
    }
    assert list(axes.values()) == [(), (-1,), (2, 3), (2,)]


def test_lying_on_a_grid_is_up_to_the_scale() -> None:
    kernel = np.array([[7, 3.5], [-2, 1.0]])
    assert grids.lies_on(kernel, Grid(7, one_scale=False)) == (3.5 / 1.0 * 2 == 7)
    assert grids.lies_on(kernel * [1, 2], Grid(7, one_scale=True))
    assert not grids.lies_on(kernel + 0.3, Grid(7, one_scale=True))
    assert grids.lies_on(np.zeros((2, 2)), Grid(7, one_scale=True))
