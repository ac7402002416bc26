"""The parameters of weight clustering, by tfmot's names."""

from typing import Annotated, Literal

from pydantic import Field

from secateur.core.params import Params
from secateur.recipes.training import Epochs


class Clustering(Params):
    """A recipe's `clustering`: tfmot gives each kernel few distinct weights and keeps its zeros."""

    number_of_clusters: Annotated[
        int, Field(ge=3, le=256, description="Distinct weights of each kernel, zero included")
    ]
    cluster_centroids_init: Annotated[
        Literal["LINEAR", "KMEANS_PLUS_PLUS", "DENSITY_BASED"],
        Field(description="How tfmot chooses the first centroids"),
    ] = "LINEAR"
    epochs: Annotated[Epochs, Field(description="Epochs of training with clustered weights")]
