"""How much memory a network's activations take."""

import math
from collections.abc import Iterator
from typing import Any

from secateur.keras_io.backend import keras


def largest_output(model: keras.Model) -> int:
    """Return how many numbers the largest input or output of a layer holds for one row."""
    return max(math.prod(size or 1 for size in shape[1:]) for shape in _shapes(model))


def _shapes(model: keras.Model) -> Iterator[tuple[int | None, ...]]:
    """Yield the shapes (None, …) of the inputs and outputs of all calls of layers."""
    yield from _flat(model.input_shape)
    for nodes in model._nodes_by_depth.values():
        for node in nodes:
            yield from _flat(node.output_shapes)
            if isinstance(node.layer, keras.Model):
                yield from _shapes(node.layer)


def _flat(shapes: Any) -> Iterator[tuple[int | None, ...]]:
    """Yield one shape, or those in a list or dict."""
    if isinstance(shapes, dict):
        shapes = [*shapes.values()]
    if isinstance(shapes, list):
        for inner in shapes:
            yield from _flat(inner)
    else:
        yield shapes
