"""Vela's figures: equal at each run, fewer bytes for zeros, and sentences where it refuses."""

import numpy as np
import pytest

from device_files import SETTINGS, conv_file, dense_file
from secateur.core.errors import InputError
from secateur.devices import ethos_u
from secateur.export.tflite import convert
from small_networks import dense, network

pytestmark = pytest.mark.skipif(ethos_u.version() is None, reason=ethos_u.ABSENT)
NPU = (SETTINGS.accelerator, SETTINGS.system, SETTINGS.memory_mode)


def test_equal_figures_at_each_run_and_more_for_a_larger_network() -> None:
    small, again, large = (
        ethos_u.compiled(dense_file("int8", units), *NPU) for units in (24, 24, 512)
    )
    assert small == again
    for figure in ("cycles", "sram_kib", "flash_kib", "npu_weights_kib"):
        assert 0 < small[figure] < large[figure]
    assert small["cpu_operators"] == {}


def test_zeros_take_less_flash_and_no_fewer_multiply_adds() -> None:
    model = network(dense(512), 64)
    whole = [np.random.default_rng(0).normal(size=w.shape) for w in model.get_weights()]
    rows = np.random.default_rng(1).random((20, 64), dtype=np.float32)
    found = []
    for weights in (whole, [w * (np.abs(w) > 1.3) if w.ndim > 1 else w for w in whole]):
        model.set_weights(weights)
        ((_, content),) = convert(model, ["int8"], rows)
        found.append(ethos_u.compiled(content, *NPU))
    assert found[1]["flash_kib"] < 0.6 * found[0]["flash_kib"]


def test_float_is_refused_in_a_sentence() -> None:
    for kind in ("float32", "float16", "dynamic"):
        with pytest.raises(ValueError, match="an Ethos-U computes in int8"):
            ethos_u.compiled(conv_file(kind), *NPU)


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")
def test_what_the_npu_does_not_run_is_left_to_the_cpu_and_named() -> None:
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([1, 8, 4], tf.float32)])
    def mixed(x: tf.Tensor) -> tf.Tensor:
        return tf.cumsum(tf.nn.relu(tf.matmul(x, tf.ones([4, 4]))), axis=1)

    converter = tf.lite.TFLiteConverter.from_concrete_functions([mixed.get_concrete_function()])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([np.ones((1, 8, 4), np.float32)] for _ in range(2))
    converter.inference_input_type = converter.inference_output_type = tf.int8
    found = ethos_u.compiled(bytes(converter.convert()), *NPU)
    assert "CUMSUM" in found["cpu_operators"]
    assert "CUSTOM" not in found["cpu_operators"]  # Vela's own


def test_weights_in_dram_take_no_flash() -> None:
    found = ethos_u.compiled(
        dense_file("int8"), "ethos-u65-256", "Ethos_U65_High_End", "Dedicated_Sram"
    )
    assert "flash_kib" not in found
    assert found["dram_kib"] > 0


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (("ethos-u55-128", "Ethos_U65_High_End", "Shared_Sram"), "Ethos_U55_Deep_Embedded"),
        (("ethos-u55-128", "Ethos_U55_High_End_Embedded", "Fast"), "Sram_Only, Shared_Sram for"),
        # It inherits where activations lie: in flash, on this system.
        (("ethos-u55-64", "Ethos_U55_Deep_Embedded", "Dedicated_Sram_512KB"), "Sram_Only, Shared"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(
    settings: tuple[str, str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        ethos_u.check(*settings)


@pytest.mark.parametrize("damaged", [b"", b"TFL3" * 40, dense_file("int8")[:300]])
def test_a_damaged_file_is_no_crash_of_this_process(damaged: bytes) -> None:
    from secateur.devices import apart

    ((_, found),) = apart.each(lambda content: ethos_u.compiled(content, *NPU), [damaged])
    assert isinstance(found, apart.Failed)
