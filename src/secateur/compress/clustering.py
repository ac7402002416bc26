"""Weight clustering with tfmot: few distinct weights per kernel, and zeros stay zero."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from secateur.arrays.rows import Rows
from secateur.core import raw_log
from secateur.core.errors import InputError
from secateur.core.tasks import Task
from secateur.keras_io.backend import fast_import, keras, tf
from secateur.recipes.clustering import Clustering
from secateur.recipes.training import Training
from secateur.train.training import Trained, train_seeds

with fast_import():
    from tensorflow_model_optimization.clustering.keras import strip_clustering
    from tensorflow_model_optimization.python.core.clustering.keras import cluster_config
    from tensorflow_model_optimization.python.core.clustering.keras.experimental import cluster


def train(
    task: Task,
    name: str,
    clustering: Clustering,
    training: Training,
    models: Mapping[int, keras.Model],
    inputs: Mapping[int, list[int] | None],
    train: Rows,
    validation: Rows,
    *,
    checkpoints: Sequence[Path] = (),
    verbose: bool = True,
) -> Iterator[Trained]:
    """Cluster the weights of each seed's compacted model and train the shared values.

    Each seed trains by itself, because compaction gives each seed another architecture. `inputs`
    are the columns that each seed's model reads (None: all), `checkpoints` as in `train_seeds`. A
    model whose training diverged is yielded as it is.

    Raises:
        InputError: as `wrap` does.
    """
    for (seed, model), path in itertools.zip_longest(models.items(), checkpoints):
        if not all(np.isfinite(weights).all() for weights in model.get_weights()):
            print(f"{name}, seed {seed}: not clustered, because its training diverged", flush=True)
            yield Trained(seed, model, [])
            continue
        (trained,) = train_seeds(
            task,
            f"{name}, clustered",
            [(seed, model)],
            train.of_inputs(inputs[seed]),
            validation.of_inputs(inputs[seed]),
            training,
            epochs=clustering.epochs,
            patience=None,
            checkpoints=[path] if path else (),
            verbose=verbose,
            wrap=lambda built: wrap(built, clustering),
        )
        yield trained._replace(model=strip(trained.model))


def wrap(model: keras.Model, clustering: Clustering) -> keras.Model:
    """Return a copy of the model that learns the values that its weights share.

    Layers that tfmot cannot cluster keep their weights.

    Raises:
        InputError: tfmot cannot find so many clusters.
    """
    # tfmot's public function has no `preserve_sparsity`, and refuses a model for one layer.
    init = cluster_config.CentroidInitialization[clustering.cluster_centroids_init]
    twin = keras.models.clone_model(model)  # wrapping reorders a layer's weights
    twin.set_weights(model.get_weights())

    def wrap_layer(layer: keras.layers.Layer) -> keras.layers.Layer:
        # tfmot would wrap an operation between layers too, and hand it its tensor in a list: the
        # network would be saved with other calls than it has, and could not be loaded.
        if not layer.weights:
            return layer
        try:
            return cluster.cluster_weights(
                layer,
                number_of_clusters=clustering.number_of_clusters,
                cluster_centroids_init=init,
                preserve_sparsity=True,
            )
        except ValueError:  # tfmot does not know the layer, or it is a nested model with such
            return layer

    clone = tf.autograph.experimental.do_not_convert(keras.models.clone_model)
    try:
        return clone(twin, clone_function=wrap_layer)
    except (ValueError, tf.errors.InvalidArgumentError) as error:
        raise InputError(
            f"clustering: {clustering.number_of_clusters} clusters by "
            f"{clustering.cluster_centroids_init}: tfmot cannot make them from the remaining "
            f"weights; try fewer clusters or LINEAR{raw_log.keep(error, of='clustering')}"
        ) from None


def strip(model: keras.Model) -> keras.Model:
    """Return the model without wrappers; its kernels hold only the learned values."""
    return strip_clustering(model)
