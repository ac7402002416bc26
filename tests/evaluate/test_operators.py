"""The operators of a file, and the most activations that are needed at once."""

import numpy as np

from device_files import conv_file, dense_file
from secateur.evaluate import operators
from secateur.export.tflite import convert
from secateur.keras_io.backend import keras

L = keras.layers


def test_each_operator_has_its_weights_and_multiply_adds() -> None:
    found = operators.of(operators.read(conv_file("float32")))
    assert [one.name for one in found] == ["CONV_2D", "RESHAPE", "FULLY_CONNECTED"]
    assert [one.macs for one in found] == [6 * 6 * 9 * 8, 0, 6 * 6 * 8]
    assert found[0].shape == [1, 6, 6, 8]
    assert 72 <= found[0].weights <= 80  # zero biases may be left out
    assert [one.output_bytes for one in found] == [1152, 1152, 4]


def test_activations_that_are_needed_at_once_are_those_of_the_widest_place() -> None:
    # The convolution's output beside its reshaped copy; and the input beside 24 units.
    assert operators.peak_activation_bytes(operators.read(conv_file("float32"))) == 2 * 1152
    assert operators.peak_activation_bytes(operators.read(conv_file("int8"))) == 2 * 288
    assert operators.peak_activation_bytes(operators.read(dense_file("float32"))) == 4 * (10 + 24)
    # Kernels that are stored as float16 are no activations.
    assert operators.peak_activation_bytes(operators.read(dense_file("float16"))) == 4 * (10 + 24)


def test_what_a_later_operator_reads_stays_needed() -> None:
    given = L.Input((16,))
    wide = L.Dense(64, name="wide")(L.Dense(4, name="narrow")(given))
    out = L.Dense(1, name="out")(L.Concatenate(name="both")([given, wide]))
    ((_, content),) = convert(keras.Model(given, out), ["float32"], np.empty(0))
    # The concatenation: 16 and 64 values in, 80 out; the skipped input is kept until then.
    assert operators.peak_activation_bytes(operators.read(content)) == 4 * 160
