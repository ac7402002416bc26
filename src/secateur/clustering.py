"""Weight clustering with tfmot: few distinct weights a kernel, zeros left as they are."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from secateur.errors import InputError, one_line
from secateur.params import Params

if TYPE_CHECKING:
    from secateur.backend import keras


class Clustering(Params):
    """A recipe's `clustering`, by tfmot's names."""

    number_of_clusters: Annotated[int, Field(ge=3, le=256)]  # of each kernel, zero included
    cluster_centroids_init: Literal["LINEAR", "KMEANS_PLUS_PLUS", "DENSITY_BASED"] = "LINEAR"
    epochs: Annotated[int, Field(ge=1, le=1_000_000)]


def wrap(model: "keras.Model", clustering: Clustering) -> "keras.Model":
    """A copy of the model that learns the values which its weights share.

    Raises:
        InputError: tfmot cannot find so many.
    """
    # Not at the top: see `network.build`.
    from secateur.backend import keras, lean, tf

    with lean():
        from tensorflow_model_optimization.python.core.clustering.keras import cluster_config
        from tensorflow_model_optimization.python.core.clustering.keras.experimental import cluster

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


def strip(model: "keras.Model") -> "keras.Model":
    """The model without wrappers, its kernels holding nothing but the values learned."""
    from secateur.backend import lean

    with lean():
        from tensorflow_model_optimization.clustering.keras import strip_clustering

    return strip_clustering(model)
