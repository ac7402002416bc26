"""Clustering leaves few distinct weights and every zero."""

import numpy as np
import pytest

from secateur.arrays.rows import Rows
from secateur.compress import clustering
from secateur.core.errors import InputError
from secateur.keras_io.backend import keras
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
