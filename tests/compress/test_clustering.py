"""Clustering leaves few distinct weights and every zero."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.compress import clustering
from secateur.core.errors import InputError
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras, tf
from secateur.network.adapted import adapted
from secateur.network.inputs import Given
from secateur.recipes.clustering import Clustering
from secateur.recipes.training import Training
from small_networks import REGRESSION, dense, network


def test_more_clusters_than_weights_are_refused() -> None:
    """Where tfmot itself fails inside TensorFlow."""
    wanted = Clustering(number_of_clusters=200, cluster_centroids_init="KMEANS_PLUS_PLUS", epochs=1)
    with pytest.raises(InputError, match=r"clustering: .*200.*KMEANS_PLUS_PLUS"):
        clustering.wrap(network(dense(3), 6), wanted)


def test_few_values_and_zeros_stay(friedman_rows: Rows) -> None:
    model = network(dense(12), 6)
    random = np.random.default_rng(0)
    model.set_weights([w * (random.random(w.shape) > 0.5) for w in model.get_weights()])
    before = model.get_weights()
    (trained,) = clustering.train(
        REGRESSION, "t", Clustering(number_of_clusters=4, epochs=3),
        Training(optimizer="Adam", learning_rate=0.01, batch_size=18), {7: model}, {7: None},
        friedman_rows, friedman_rows,
    )  # fmt: skip
    assert trained.seed == 7
    assert [layer.name for layer in trained.model.layers] == ["hidden_1", "output"]
    for layer, kernel in zip(trained.model.layers, before[::2], strict=True):
        clustered = layer.kernel.numpy()
        assert len(np.unique(clustered)) <= 4
        np.testing.assert_array_equal(clustered[kernel == 0], 0)
        assert np.any(clustered != kernel)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)  # the model itself stays as it was
    assert trained.curves[0]["loss"] > trained.curves[-1]["loss"]


def test_a_diverged_network_stays_as_it_is(
    friedman_rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    model = network(dense(3), 6)
    model.set_weights([np.full(w.shape, np.nan) for w in model.get_weights()])
    (trained,) = clustering.train(
        REGRESSION, "t", Clustering(number_of_clusters=4, epochs=1),
        Training(optimizer="Adam", learning_rate=0.01, batch_size=18), {7: model}, {7: None},
        friedman_rows, friedman_rows,
    )  # fmt: skip
    assert trained == (7, model, [])
    assert "seed 7: not clustered" in capsys.readouterr().out


def test_each_seed_is_trained_on_the_inputs_that_its_model_reads(
    friedman_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def fake(task: object, name: str, models: list, train: Rows, validation: Rows, *_, **__):
        seen.append((models[0][0], train.x[0].tolist(), validation.x[0].tolist()))
        return iter([clustering.Trained(models[0][0], models[0][1], [])])

    monkeypatch.setattr(clustering, "train_seeds", fake)
    models = {3: network(dense(2), 2), 5: network(dense(2), 1)}
    wanted = Clustering(number_of_clusters=4, epochs=1)
    training = Training(optimizer="Adam", learning_rate=0.01, batch_size=18)
    inputs = {3: [0, 4], 5: [2]}
    rows = (friedman_rows, friedman_rows)
    assert len([*clustering.train(REGRESSION, "t", wanted, training, models, inputs, *rows)]) == 2
    first = friedman_rows.x[0].tolist()
    assert seen == [(3, [first[0], first[4]], [first[0], first[4]]), (5, [first[2]], [first[2]])]


def test_what_tfmot_cannot_cluster_keeps_its_weights() -> None:
    layers = keras.layers
    model = keras.Sequential([
        layers.Input((6,)), layers.UnitNormalization(),
        layers.EinsumDense("ab,bc->ac", 5, name="einsum"), layers.Dense(7, name="dense_a"),
        layers.Dense(1, name="dense_b"),
    ])  # fmt: skip
    stripped = clustering.strip(clustering.wrap(model, Clustering(number_of_clusters=3, epochs=1)))
    kernels = {n: stripped.get_layer(n).get_weights()[0] for n in ("einsum", "dense_a")}
    np.testing.assert_array_equal(kernels["einsum"], model.get_layer("einsum").get_weights()[0])
    assert len(np.unique(kernels["dense_a"])) <= 3


def two_inputs() -> keras.Model:
    layers = keras.layers
    style, size = layers.Input((4,), name="style"), layers.Input((2,), name="size")
    both = layers.Concatenate()([layers.Dense(7, name="d1")(style), size])
    columns = {name: [number] for number, name in enumerate("abcdef")}
    given = Given((6,), columns, {"style": "bcde", "size": "fa"})
    return adapted(keras.Model([style, size], layers.Dense(1, name="d2")(both)), given)[0]


def operations() -> keras.Model:
    layers, inputs = keras.layers, keras.layers.Input((6,))
    shared = layers.Dense(5, name="d1")
    one, other = shared(inputs[:, :3]), shared(inputs[:, 3:])
    both = tf.concat([one, tf.nn.relu(other) * 0.5 + one], axis=-1)
    return keras.Model(inputs, layers.Dense(1, name="d2")(2.0 - both))


@pytest.mark.parametrize("build", [two_inputs, operations])
def test_operations_between_layers_are_saved_as_they_are(
    build: Callable[[], keras.Model], friedman_rows: Rows, tmp_path: Path
) -> None:
    """Where tfmot's own wrappers would give each another argument."""
    h5_files.save(tmp_path / "compacted.h5", build())
    model = h5_files.load(tmp_path / "compacted.h5")
    x = np.hstack([friedman_rows.x] * 2)[:, :6]
    rows = friedman_rows._replace(x=x)
    (trained,) = clustering.train(
        REGRESSION, "t", Clustering(number_of_clusters=4, epochs=2),
        Training(optimizer="Adam", learning_rate=0.01, batch_size=18), {7: model}, {7: None},
        rows, rows,
    )  # fmt: skip
    h5_files.save(tmp_path / "clustered.h5", trained.model)
    loaded = h5_files.load(tmp_path / "clustered.h5")
    for name in ("d1", "d2"):
        assert len(np.unique(loaded.get_layer(name).kernel)) <= 4
    np.testing.assert_array_equal(loaded.predict(x), trained.model.predict(x))
    assert np.any(loaded.predict(x) != model.predict(x))
    assert loaded.get_config() == model.get_config()
