"""Clustering leaves few distinct weights and every zero."""

import numpy as np
import pytest
from dense import REGRESSION, dense, network

from secateur.arrays.tables import Rows
from secateur.compress import clustering
from secateur.core.errors import InputError
from secateur.train.training import Training, train_seeds


def test_more_clusters_than_weights_are_refused() -> None:
    """Where tfmot itself fails inside TensorFlow."""
    wanted = clustering.Clustering(
        number_of_clusters=200, cluster_centroids_init="KMEANS_PLUS_PLUS", epochs=1
    )
    with pytest.raises(InputError, match="200 clusters by KMEANS_PLUS_PLUS: tfmot cannot"):
        clustering.wrap(network(dense(3), 6), wanted)


def test_few_values_and_zeros_stay(friedman_rows: Rows) -> None:
    model = network(dense(12), 6)
    random = np.random.default_rng(0)
    model.set_weights([w * (random.random(w.shape) > 0.5) for w in model.get_weights()])
    before = model.get_weights()
    wanted = clustering.Clustering(number_of_clusters=4, epochs=3)
    (trained,) = train_seeds(
        REGRESSION, "t", [(0, model)], friedman_rows, friedman_rows,
        Training(optimizer="Adam", learning_rate=0.01, batch_size=16),
        epochs=wanted.epochs, patience=None, wrap=lambda m: clustering.wrap(m, wanted),
    )  # fmt: skip
    stripped = clustering.strip(trained.model)
    assert [layer.name for layer in stripped.layers] == ["hidden_1", "output"]
    for layer, kernel in zip(stripped.layers, before[::2], strict=True):
        clustered = layer.kernel.numpy()
        assert len(np.unique(clustered)) <= 4
        np.testing.assert_array_equal(clustered[kernel == 0], 0)
        assert np.any(clustered != kernel)
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)  # the model itself stays as it was
    assert trained.curves[0]["loss"] > trained.curves[-1]["loss"]
