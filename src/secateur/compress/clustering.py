"""Weight clustering with tfmot: few distinct weights a kernel, zeros kept."""

from collections.abc import Iterator, Mapping

from secateur.arrays.tables import Rows
from secateur.core.errors import InputError, one_line
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
) -> Iterator[Trained]:
    """Cluster the weights of each seed's compacted model, and train with what they share.

    Each seed is a training of its own: compaction has given it an architecture of its own, and
    `inputs`, by seed, are the columns that it reads (None: all).

    Raises:
        InputError: as `wrap` does.
    """
    for seed, model in models.items():
        (trained,) = train_seeds(
            task,
            f"{name}, clustered",
            [(seed, model)],
            train.of_inputs(inputs[seed]),
            validation.of_inputs(inputs[seed]),
            training,
            epochs=clustering.epochs,
            patience=None,
            wrap=lambda built: wrap(built, clustering),
        )
        yield trained._replace(model=strip(trained.model))


def wrap(model: keras.Model, clustering: Clustering) -> keras.Model:
    """A copy of the model that learns the values which its weights share.

    Raises:
        InputError: tfmot cannot find so many.
    """
    # tfmot's public function has no `preserve_sparsity`.
    cluster_weights = tf.autograph.experimental.do_not_convert(cluster.cluster_weights)
    init = cluster_config.CentroidInitialization[clustering.cluster_centroids_init]
    twin = keras.models.clone_model(model)  # the wrappers reorder a layer's weights
    twin.set_weights(model.get_weights())
    try:
        return cluster_weights(
            twin,
            number_of_clusters=clustering.number_of_clusters,
            cluster_centroids_init=init,
            preserve_sparsity=True,
        )
    except (ValueError, tf.errors.InvalidArgumentError) as error:
        raise InputError(
            f"clustering: {clustering.number_of_clusters} clusters by "
            f"{clustering.cluster_centroids_init}: tfmot cannot, with as few weights as were left: "
            f"{one_line(error)}; fewer clusters or LINEAR may do"
        ) from None


def strip(model: keras.Model) -> keras.Model:
    """The model without wrappers; its kernels hold nothing but the values learned."""
    return strip_clustering(model)
