"""The groups of a network's channels as JSON, for what may not load TensorFlow."""

from typing import Any

import numpy as np

from secateur.keras_io.backend import keras
from secateur.network import channels
from secateur.network.channels import Channels


def described(model: keras.Model) -> dict[str, Any]:
    """Return the groups of channels that go together, and why some layers keep all of theirs.

    `groups` is in the network's order. Each has the `layers` that make its `channels`, a number,
    and a `kernel` whose `axis` counts them: it is as long as they are many, or a multiple. The
    kernel is called as `evaluate.sizes.read_h5_kernels` does; null where none makes these alone.
    `whole` has the reason by layer.
    """
    found = channels.of(model)
    groups = []
    for group in found.groups():
        makers = found.makers(group)
        kernel, axis = _counting(model, found, group, makers)
        groups.append({"layers": makers, "channels": len(group), "kernel": kernel, "axis": axis})
    return {"groups": groups, "whole": found.whole}


def _counting(
    model: keras.Model, found: Channels, group: np.ndarray, makers: list[str]
) -> tuple[str | None, int | None]:
    for name in makers:
        weights = model.get_layer(name).weights
        kernels = [number for number, own in enumerate(weights) if "kernel:0" in own.name]
        for own in found.axes[name]:
            alone = np.isin(found.first[own.channels], group).all()
            if own.role == "makes" and own.weight in kernels and alone:
                last = weights[own.weight].name.rpartition("/")[2].removesuffix(":0")
                return f"{name}/{last}" if len(kernels) > 1 else name, own.axis
    return None, None
