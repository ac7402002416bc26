"""Diagram of a model as SVG, without Graphviz, which pip cannot install."""

from html import escape
from typing import Any

from secateur.keras_io.backend import keras

WIDTH, HEIGHT, GAP = 360, 52, 28  # of a box, and between boxes, in pixels
STYLE = (
    "text{font:14px sans-serif;fill:#1b1b1b}.name{font-weight:bold}"
    "rect{fill:#eef3f8;stroke:#33658a}path{stroke:#33658a;fill:none;stroke-width:1.5}"
)


def svg(model: keras.Model) -> str:
    """Draw each layer as a box with its name, class, activation, shapes and parameters."""
    parts = []
    for i, layer in enumerate(model.layers):
        top = GAP + i * (HEIGHT + GAP)
        activation = getattr(layer, "activation", None)
        kind = type(layer).__name__ + (f", {activation.__name__}" if activation else "")
        shapes = f"{_shape(_of_calls(layer, 0))} → {_shape(_of_calls(layer, 1))}"
        if i:
            parts.append(f'<path d="M{WIDTH / 2:g} {top - GAP}v{GAP}m-5 -7l5 7l5 -7"/>')
        parts += [
            f'<rect x="1" y="{top}" width="{WIDTH - 2}" height="{HEIGHT}" rx="6"/>',
            f'<text class="name" x="14" y="{top + 21}">{escape(layer.name)}</text>',
            f'<text x="14" y="{top + 41}">{escape(kind)}</text>',
            f'<text x="{WIDTH - 14}" y="{top + 21}" text-anchor="end">{shapes}</text>',
            f'<text x="{WIDTH - 14}" y="{top + 41}" text-anchor="end">'
            f"{layer.count_params():,} parameters</text>",
        ]
    height = GAP + len(model.layers) * (HEIGHT + GAP)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img">'
    )
    title = f"<title>{escape(model.name)}: {model.count_params():,} parameters</title>"
    lines = [head, title, f"<style>{STYLE}</style>", *parts, "</svg>"]
    return "\n".join(lines) + "\n"


def summary(model: keras.Model) -> str:
    """Return Keras's own `summary()` as text."""
    lines: list[str] = []
    model.summary(line_length=80, print_fn=lines.append)
    return "\n".join(lines) + "\n"


def _of_calls(layer: keras.layers.Layer, end: int) -> Any:
    """Return the shape of a layer's inputs (0) or outputs (1), at its first call."""
    return (layer.get_input_shape_at, layer.get_output_shape_at)[end](0)


def _shape(shape: tuple[int | None, ...] | list[tuple[int | None, ...]]) -> str:
    if isinstance(shape, list):  # an input layer has a list of one shape
        shape = shape[0]
    return "(" + ", ".join("n" if side is None else str(side) for side in shape) + ")"
