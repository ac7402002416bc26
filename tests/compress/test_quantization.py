"""A network is wrapped as tfmot does it, and comes back plain, on the grid of the later file."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tensorflow_model_optimization.sparsity import keras as tfmot

from keras_layers import LAYERS, MIDDLES, NETWORKS, network, rows_for, shape_of, side_by_side
from secateur.checks import own_model
from secateur.compress import quantization
from secateur.compress.quantization import annotated, left_float, plain, wrap
from secateur.compress.quantizers import DECAY, Ranges, on_grid
from secateur.core.errors import InputError
from secateur.keras_io import grids
from secateur.keras_io.backend import keras, tf
from secateur.recipes.quantization import Quantization

L = keras.layers
INT8, INT4 = Quantization(), Quantization(weights="int4")
KEEPS_NOTHING = Quantization(keep=[])


def picture_network(**first: Any) -> keras.Model:
    keras.utils.set_random_seed(0)
    layers = [
        L.Conv2D(4, 3, use_bias=False, name="c", **first), L.BatchNormalization(name="n"),
        L.ReLU(name="r"), L.DepthwiseConv2D(2, depth_multiplier=2, name="w"), L.Flatten(name="f"),
        L.Reshape((16, 2), name="s"), L.Conv1D(3, 2, name="one"), L.MaxPooling1D(2, name="p"),
        L.Flatten(name="g"), L.Dense(3, "softmax", name="d"),
    ]  # fmt: skip
    model = keras.Sequential([L.Input((5, 5, 2), name="i"), *layers], name="net")
    for name in ("c", "w", "one", "d"):
        kernel = model.get_layer(name).weights[0]
        kernel.assign(np.where(np.abs(kernel) > 0.15, kernel, 0))
    return model


def pictures(count: int = 30) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(count, 5, 5, 2)).astype(np.float32)


def dense_network(*layers: keras.layers.Layer) -> keras.Model:
    keras.utils.set_random_seed(0)
    return keras.Sequential([L.Input((6,), name="i"), *layers], name="net")


def numbers(count: int = 40) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(count, 6)).astype(np.float32)


def step(wrapped: keras.Model, x: np.ndarray, steps: int = 3) -> None:
    """Train with a large rate: whatever is not held moves."""
    wrapped.compile(keras.optimizers.Adam(0.05), "mse")
    shape = (len(x), *wrapped.output_shape[1:])
    y = np.random.default_rng(2).normal(size=shape).astype(np.float32)
    for _ in range(steps):
        wrapped.train_on_batch(x, y)


def weights(model: keras.Model, layer: str) -> np.ndarray:
    values: np.ndarray = model.get_layer(layer).get_weights()[0]
    return values


@pytest.mark.parametrize("given", [INT8, INT4])
def test_zeros_stay_and_kernels_lie_on_the_grid(given: Quantization) -> None:
    start = picture_network()
    wrapped = wrap(start, given, pictures())
    step(wrapped, pictures())
    found = plain(start, wrapped, given)
    assert found.get_config() == start.get_config()
    for name in ("c", "w", "one", "d"):
        before, after = weights(start, name), weights(found, name)
        assert (after[before == 0] == 0).all(), name
        assert not np.array_equal(before, after), name
        if name != "one":
            layer = start.get_layer(name)
            own = grids.grid(layer, given.weights)
            assert grids.lies_on(grids.by_channel(layer, after), own), name
            assert not grids.lies_on(grids.by_channel(layer, before), own), name
    # Conv1D trains as it is, and so do vectors.
    assert np.array_equal(weights(found, "one"), wrapped.get_layer("one").get_weights()[0])


def test_what_training_sees_is_what_is_written() -> None:
    """The plain network predicts as the wrapped one does, but for rounded activations."""
    start = picture_network()
    wrapped = wrap(start, INT4, pictures())
    seen = wrapped(pictures(), training=False).numpy()
    assert np.abs(seen - plain(start, wrapped, INT4)(pictures())).max() < 0.01
    assert np.abs(seen - start(pictures())).max() > 0.02


def test_weights_that_are_not_rounded_yet_are_those_that_train() -> None:
    start = picture_network()
    wrapped = wrap(start, INT4, pictures())
    for before, after in zip(
        start.get_weights(), plain(start, wrapped, None).get_weights(), strict=True
    ):
        assert np.array_equal(before, after)


def test_without_zeros_to_keep_they_grow() -> None:
    start = picture_network()
    wrapped = wrap(start, KEEPS_NOTHING, pictures())
    step(wrapped, pictures())
    found = plain(start, wrapped, KEEPS_NOTHING)
    assert (weights(found, "c")[weights(start, "c") == 0] != 0).mean() > 0.5


def test_biases_that_are_zero_train() -> None:
    start = picture_network()
    wrapped = wrap(start, INT8, pictures())
    step(wrapped, pictures())
    assert (start.get_layer("d").get_weights()[1] == 0).all()
    assert (plain(start, wrapped, INT8).get_layer("d").get_weights()[1] != 0).all()


def test_a_layers_own_constraint_still_holds() -> None:
    start = picture_network(kernel_constraint=keras.constraints.NonNeg())
    wrapped = wrap(start, INT8, pictures())
    step(wrapped, pictures())
    found = weights(plain(start, wrapped, INT8), "c")
    assert (found >= 0).all()
    assert (found[weights(start, "c") == 0] == 0).all()


def test_a_frozen_layer_does_not_train() -> None:
    """tfmot's wrapper would train its kernel."""
    start = dense_network(L.Dense(8, "relu", name="a", trainable=False), L.Dense(1, name="b"))
    wrapped = wrap(start, INT8, numbers())
    names = [weight.name for weight in wrapped.trainable_variables]
    assert names == ["b/kernel:0", "b/bias:0"]
    step(wrapped, numbers())
    found = plain(start, wrapped, None)
    assert np.array_equal(weights(found, "a"), weights(start, "a"))
    assert not found.get_layer("a").trainable


def test_the_penalty_of_an_activity_counts() -> None:
    penalty = keras.regularizers.L2(0.1)
    start = dense_network(L.Dense(8, name="a", activity_regularizer=penalty), L.Dense(1))
    wrapped = wrap(start, INT8, numbers())
    start(numbers())
    wrapped(numbers())
    (expected,), (found,) = start.losses, wrapped.losses
    assert float(found) == pytest.approx(float(expected), rel=0.01)


def test_frozen_statistics_stay_and_their_scales_train() -> None:
    start = picture_network()
    for frozen in (False, True):
        wrapped = wrap(start, INT8, pictures(), frozen=frozen)
        step(wrapped, pictures())
        before, after = (
            model.get_layer("n").get_weights() for model in (start, plain(start, wrapped, INT8))
        )
        moved = [not np.array_equal(*pair) for pair in zip(before, after, strict=True)]
        assert moved == [True, True, not frozen, not frozen]


# Ranges of activations


def ranges_of(wrapped: keras.Model) -> dict[str, float]:
    return {
        variable.name.rpartition("/")[2].removesuffix(":0"): float(variable)
        for variable in wrapped.variables
        if "kernel" not in variable.name and variable.name.endswith(("_min:0", "_max:0"))
    }


def test_ranges_begin_with_the_extremes_of_training_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    start = dense_network(L.Dense(8, "relu", name="a"), L.Dense(1, "sigmoid", name="b"))
    x = numbers(2000)
    x[3] = 100  # among the rows, but not one of those that calibrate
    x[4] = 9
    monkeypatch.setattr(quantization, "rows_at_once", lambda cells: 64)
    wrapped = wrap(start, INT8, x)
    found = ranges_of(wrapped)
    some = x[::2]
    inputs = [value for name, value in found.items() if name.startswith("quantize_layer")]
    assert inputs == [some.min(), 9]
    rounded = on_grid(tf.constant(weights(start, "a")), 127, ())
    hidden = np.maximum(some @ rounded, 0)
    assert found["post_activation_min"] == 0
    assert found["post_activation_max"] == pytest.approx(hidden.max(), rel=1e-5)


def test_ranges_hold_zero_and_follow_training() -> None:
    ranges, low, high = Ranges(), tf.Variable(-6.0), tf.Variable(6.0)
    own = {"min_var": low, "max_var": high}
    ranges.measuring = True
    assert np.array_equal(ranges(tf.constant([2.0, 3.0]), False, own), [2.0, 3.0])
    assert (float(low), float(high)) == (0, 3)
    ranges(tf.constant([-1.0, 1.0]), False, own)
    assert (float(low), float(high)) == (-1, 3)
    ranges.measuring = False
    for _ in range(5000):
        ranges(tf.constant([-2.0, 1.0]), True, own)
    assert (float(low), float(high)) == pytest.approx((-2, 1), abs=2 * DECAY**5000 + 1e-4)
    assert np.unique(ranges(tf.linspace(-5.0, 5.0, 5000), False, own)).size == 256
    assert float(low) == pytest.approx(-2, abs=0.02)


def test_a_layer_that_gives_zeros_only_stays_finite() -> None:
    """XLA divides by the range, which TensorFlow's own kernel does not."""
    ranges = Ranges()
    own = {"min_var": tf.Variable(0.0), "max_var": tf.Variable(0.0)}
    compiled = tf.function(lambda x: ranges(x, False, own), jit_compile=True)
    assert np.array_equal(compiled(tf.zeros(3)), [0, 0, 0])


# The grid


def test_a_grid_has_a_scale_for_each_channel() -> None:
    kernel = tf.constant([[1.0, -0.2, 0.0], [-0.31, 0.1, 0.0]])
    found = on_grid(kernel, 7, (-1,)).numpy()
    assert found == pytest.approx(np.array([[1, -0.2, 0], [-2 / 7, 0.2 * 4 / 7, 0]]), rel=1e-6)
    assert not np.signbit(found[found == 0]).any()


# Which layers


def test_layers_that_tfmot_does_not_know_are_named() -> None:
    start = picture_network()
    assert left_float(start) == ["one (Conv1D)", "p (MaxPooling1D)"]
    assert annotated(start) == ["c", "n", "r", "w", "f", "s", "g", "d"]


def test_a_stripped_network_is_known_as_it_was() -> None:
    """tfmot's `strip_pruning` makes it of the same layers, which then have two calls each."""
    start = picture_network()
    stripped = tfmot.strip_pruning(start)
    assert {len(layer.inbound_nodes) for layer in stripped.layers} == {2}
    assert annotated(stripped) == annotated(start)
    wrapped = wrap(stripped, INT8, pictures(), frozen=True)
    step(wrapped, pictures())
    assert not np.array_equal(weights(plain(stripped, wrapped, INT8), "c"), weights(start, "c"))


def test_a_normalization_joins_the_layer_before_it_or_trains_as_it_is() -> None:
    def known(*layers: keras.layers.Layer) -> list[str]:
        return annotated(dense_network(*layers, L.BatchNormalization(name="n")))

    assert known(L.Dense(8, name="a")) == ["a", "n"]
    assert known(L.Dense(8, "relu", name="a")) == ["a"]
    assert known(L.Dense(8, name="a"), L.ReLU(name="r")) == ["a", "r"]
    x = L.Input((6,))
    once = L.Dense(8, name="a")(x)
    both = L.Add(name="s")([once, L.BatchNormalization(name="n")(once)])
    assert annotated(keras.Model(x, both)) == ["a", "s"]


def test_an_activation_that_tfmot_does_not_know_leaves_its_layer_float() -> None:
    model = dense_network(L.Dense(8, "elu", name="a"), L.Activation("elu", name="e"), L.Dense(1))
    assert left_float(model) == ["a (Dense)", "e (Activation)"]
    wrap(model, INT8, numbers())


def test_a_layer_that_is_called_twice_trains_as_it_is() -> None:
    x, twice = L.Input((6,)), L.Dense(6, "relu", name="t")
    model = keras.Model(x, L.Dense(1, name="d")(twice(twice(x))))
    assert left_float(model) == ["t (Dense)"]
    wrapped = wrap(model, INT8, numbers())
    step(wrapped, numbers())
    plain(model, wrapped, INT8)


def test_behind_a_mask_layers_train_as_they_are() -> None:
    """tfmot's wrapper would hand the mask to layers that take none."""
    keras.utils.set_random_seed(0)
    layers = [L.Masking(), L.Dense(4, name="a"), L.ReLU(name="r"), L.LSTM(3), L.Dense(1, name="d")]
    model = keras.Sequential([L.Input((4, 3)), *layers])
    assert annotated(model) == ["d"]
    x = np.random.default_rng(0).normal(size=(9, 4, 3)).astype(np.float32)
    step(wrap(model, INT8, x), x)


@keras.utils.register_keras_serializable("of_a_user")
class Doubled(keras.layers.Dense):  # type: ignore[misc]
    """A layer of the user's own."""

    def call(self, inputs: Any) -> Any:
        """Return twice of what Dense gives."""
        return 2 * super().call(inputs)


class Tripled(keras.layers.Layer):  # type: ignore[misc]
    """One that Keras does not know by its name."""

    def call(self, inputs: Any) -> Any:
        """Return three times the inputs."""
        return 3 * inputs


def test_layers_of_the_users_own_train_as_they_are() -> None:
    model = dense_network(Doubled(4, name="own"), Tripled(name="more"), L.Dense(1, name="d"))
    wrapped = wrap(model, INT8, numbers())
    assert left_float(model) == ["own (Doubled)", "more (Tripled)"]
    step(wrapped, numbers())
    plain(model, wrapped, INT8)


def test_a_network_of_which_nothing_is_known_is_refused() -> None:
    model = dense_network(L.Reshape((6, 1), name="r"), L.LSTM(3, name="l"))
    assert annotated(model) == ["r"]  # it has no numbers of its own
    with pytest.raises(InputError) as refusal:
        wrap(model, INT8, numbers())
    assert str(refusal.value) == (
        "quantization: tfmot quantizes no weights of the network in training (l (LSTM)); leave "
        "quantization out: a file is still quantized after training, as convert says"
    )


def test_what_tfmot_cannot_prepare_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    def fail(model: keras.Model, scheme: Any) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(quantization.tfmot, "quantize_apply", fail)
    with pytest.raises(InputError, match="quantization: tfmot cannot prepare the network") as said:
        wrap(dense_network(L.Dense(1)), INT8, numbers())
    assert "leave quantization out" in str(said.value)


# What no network of ours can have, see `checks/test_trial.py`; then what is of whole numbers.
HARD = ("ConvLSTM", "Random", "CategoryEncoding", "MaxPooling3D", "AveragePooling3D",
        "UpSampling2D nearest")  # fmt: skip
ALONE = ("Embedding", "Discretization")


def groups() -> Iterator[keras.Model]:
    """Networks in which each layer has a branch of its own; and those that are networks already."""
    names = [name for name in [*LAYERS, *MIDDLES] if not name.startswith((*HARD, *ALONE))]
    for shape in dict.fromkeys(map(shape_of, names)):
        yield side_by_side(name for name in names if shape_of(name) == shape)
    rest = [name for name in NETWORKS if name not in MIDDLES and not name.startswith(HARD)]
    yield from (network(name) for name in [*rest, *ALONE])


def test_every_layer_of_keras_trains_and_keeps_its_zeros() -> None:
    for made in groups():
        embeds = any(isinstance(layer, L.Embedding) for layer in made.layers)
        rows = rows_for(made, "Embedding" if embeds else "")
        model, _ = own_model.prepare("here", made, True)
        kernels = [
            weight
            for weight in model.trainable_weights
            if len(weight.shape) > 1 and "bias" not in weight.name
        ]
        for weight in kernels:
            count = np.arange(weight.shape.num_elements()).reshape(weight.shape)
            weight.assign(np.where(count % 3 == 1, 0, weight))
        wrapped = wrap(model, INT8, rows.x)
        wrapped.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
        wrapped.train_on_batch(np.asarray(rows.x), rows.y)
        found = plain(model, wrapped, INT8)
        held = {id(weight) for weight in kernels}
        for weight, after in zip(model.weights, found.get_weights(), strict=True):
            if id(weight) in held:
                assert (after[weight.numpy() == 0] == 0).all(), weight.name
