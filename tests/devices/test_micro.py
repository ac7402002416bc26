"""tflite-micro predicts what LiteRT does, and needs the arena that is found, to the byte."""

import numpy as np
import pytest

from device_files import conv_file, dense_file, dilated_file, rows_of
from secateur.devices import apart, micro
from secateur.devices.apart import Failed
from secateur.evaluate import litert
from secateur.export.tflite import convert
from secateur.keras_io.backend import keras

pytestmark = pytest.mark.skipif(micro.version() is None, reason=micro.ABSENT)
LARGEST = 1_000_000
Given = tuple[bytes, np.ndarray, int]


def run(given: Given) -> micro.Run:
    return micro.run(*given)


def allocates(given: tuple[bytes, int]) -> bool:
    """In tflite-micro itself, and not by what `micro` uses to find out."""
    from tflite_micro.python.tflite_micro import runtime

    content, arena = given
    runtime.Interpreter.from_bytes(content, arena_size=arena).invoke()
    return True


FILES = [(dense_file, (10,)), (conv_file, (8, 8, 1)), (dilated_file, (16, 3))]


@pytest.mark.parametrize("kind", ["float32", "int8"])
@pytest.mark.parametrize(("make", "shape"), FILES, ids=["dense", "conv", "dilated"])
def test_it_predicts_as_litert_and_one_byte_less_is_too_little(
    make: object, shape: tuple[int, ...], kind: str
) -> None:
    content, x = make(kind), rows_of(*shape).x[:]  # type: ignore[operator]
    (_, found), (_, again) = sorted(apart.each(run, [(content, x, LARGEST)] * 2))
    expected = litert.predict(content, x).reshape(found.outputs.shape)
    step = np.ptp(expected) / 20 if kind == "int8" else 1e-5
    assert np.abs(found.outputs - expected).max() <= step
    assert found.arena_bytes == again.arena_bytes
    enough, too_little = (
        apart.attempt(allocates, (content, found.arena_bytes - less)) for less in (0, 1)
    )
    assert enough is True
    assert isinstance(too_little, Failed)


def reason(content: bytes, x: np.ndarray, largest: int = LARGEST) -> str:
    ((_, found),) = apart.each(run, [(content, x, largest)])
    assert isinstance(found, Failed)
    return micro.why(found.reason, found.printed, largest)


@pytest.mark.parametrize(("step", "most"), [(0.0, 0.003), (0.01, 0.05)])
def test_predictions_that_are_not_litert_s_are_told(step: float, most: float) -> None:
    own = np.array([[0.5], [-2.0]])
    ran = micro.Run(1, own, step)
    assert micro.wrong(ran, own + 0.98 * most) == ""
    assert "something else than LiteRT" in micro.wrong(ran, own + 1.02 * most)
    assert "no number" in micro.wrong(micro.Run(1, own * np.nan, step), own)
    assert micro.wrong(ran, own * np.nan) == ""  # a network that diverged: nothing to compare


def test_one_step_of_a_logit_is_many_of_a_softmax() -> None:
    own = np.array([[0.5, 0.5]])
    ran = micro.Run(1, own, 1 / 256, before=0.08)
    assert micro.wrong(ran, own + 0.099) == ""
    assert "something else" in micro.wrong(ran, own + 0.101)


@pytest.mark.parametrize(
    ("activation", "units", "part"), [("softmax", 3, 0.5), ("sigmoid", 1, 0.25), ("linear", 1, 0)]
)
def test_the_step_of_what_the_last_activation_reads(
    activation: str, units: int, part: float
) -> None:
    network = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(units, activation)])
    network.layers[0].set_weights([np.full((4, units), 2.0), np.zeros(units)])
    x = rows_of(4).x[:]
    ((_, content),) = convert(network, ["int8"], x)
    logits = x.sum(1) * 2
    step = (max(logits.max(), 0) - min(logits.min(), 0)) / 255
    assert micro._before(content) == pytest.approx(part * step, rel=0.02)
    ((_, of_float),) = convert(network, ["float32"], x)
    assert micro._before(of_float) == 0


def test_no_arena_at_all_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(micro, "_runs", lambda content, arena: False)
    with pytest.raises(RuntimeError, match="no arena of at most 1,000,000 bytes is enough"):
        micro.run(dense_file("float32"), rows_of(10).x[:], LARGEST)


def test_a_network_larger_than_the_arena_says_so() -> None:
    said = reason(conv_file("float32"), rows_of(8, 8, 1).x[:], 1_100)
    assert said == "it needs an arena of more than 1,100 bytes"


def test_what_tflite_micro_does_not_take_is_named() -> None:
    said = reason(dense_file("float16"), rows_of(10).x[:])
    assert said == "tflite-micro refuses its DEQUANTIZE"
    said = reason(dense_file("dynamic", 256), rows_of(10).x[:])
    assert "FULLY_CONNECTED" in said
    assert "FLOAT32" in said


def test_an_operator_that_it_lacks_is_named() -> None:
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec([1, 10], tf.float32)])
    def ranked(x: tf.Tensor) -> tf.Tensor:
        return tf.cast(tf.nn.top_k(x, 2).indices, tf.float32)

    function = ranked.get_concrete_function()
    content = tf.lite.TFLiteConverter.from_concrete_functions([function]).convert()
    assert reason(bytes(content), rows_of(10).x[:]) == "tflite-micro has no TOPK_V2"


def test_a_damaged_file_is_a_sentence() -> None:
    whole = dense_file("int8")
    for damaged in (whole[:200], b"TFL3" * 40, whole[:-300] + bytes(300)):
        ((_, found),) = apart.each(run, [(damaged, rows_of(10).x[:], LARGEST)])
        if isinstance(found, Failed):
            assert micro.why(found.reason, found.printed, LARGEST)
