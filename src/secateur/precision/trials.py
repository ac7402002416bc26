"""What a file costs whose layers have a precision each: its error on validation rows, its bytes."""

import gzip
import math
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from secateur.arrays.rows import Rows
from secateur.core.errors import InputError, one_line
from secateur.core.tasks import Task
from secateur.evaluate import litert, scoring
from secateur.export import quantizable
from secateur.export.by_layer import Assignment, Precision
from secateur.export.minify import minify
from secateur.export.tflite import NO_ROWS, convert, mixed
from secateur.keras_io.backend import keras


class Network(NamedTuple):
    """One seed's network."""

    model: keras.Model
    train: Rows  # calibrates ranges and rounding
    validation: Rows  # scores files


class Figures(NamedTuple):
    """Of the files of all seeds."""

    ratios: tuple[float, ...]  # by seed: the validation error to that of the float file
    gzip_bytes: float  # of the minified file, the median

    @property
    def ratio(self) -> float:
        """The median; infinite where one is not a number, or there is none."""
        known = self.ratios and not any(map(math.isnan, self.ratios))
        return median(self.ratios) if known else math.inf


Measure = Callable[[Assignment], Figures]


def kernels(models: Sequence[keras.Model]) -> dict[str, list[Precision]]:
    """Return what each layer's kernel may be, the smallest first, by the layer's name."""
    found: dict[str, list[Precision]] = {}
    for model in models:
        for name, smallest in quantizable.of_all(model, "int4").weights.items():
            small: list[Precision] = ["int4"] if smallest == "int4" else []
            found.setdefault(name, [*small, "int8", "float32"])
    return found


def measure(task: Task, networks: Mapping[int, Network], gzip_level: int) -> Measure:
    """Return a function that makes the files of all seeds and measures them; it keeps figures.

    LiteRT's reference kernels predict: the choice is the same on every processor. A seed whose
    training diverged is left out. Where a file cannot be made or run, its ratios are infinite.
    """
    known: dict[str, Figures] = {}
    scaled = {seed: quantizable.scaled(own.model, own.train.x) for seed, own in networks.items()}
    floats = {
        seed: _error(task, next(convert(own.model, ["float32"], NO_ROWS))[1], own.validation)
        for seed, own in networks.items()
    }

    floats = {seed: error for seed, error in floats.items() if math.isfinite(error)}

    def made(precision: Assignment) -> Figures:
        ratios, sizes = [], []
        for seed, of_float in floats.items():
            own = networks[seed]
            content = minify(mixed(scaled[seed], own.train.x, precision))
            ratios.append(_ratio(_error(task, content, own.validation), of_float))
            sizes.append(len(gzip.compress(content, gzip_level, mtime=0)))
        return Figures(tuple(ratios), median(sizes) if sizes else math.inf)

    def measured(precision: Assignment) -> Figures:
        key = precision.model_dump_json()
        if key not in known:
            try:
                known[key] = made(precision)
            except (InputError, RuntimeError, ValueError) as error:  # of LiteRT, too
                print(f"{described(precision)}: no such file: {one_line(error)}", flush=True)
                known[key] = Figures((math.inf,) * len(floats), math.inf)
        return known[key]

    return measured


def told(measure: Measure, name: str, task: Task) -> Measure:
    """Return a function that measures as `measure` does, and prints what it finds."""
    seen = set()

    def measured(precision: Assignment) -> Figures:
        found = measure(precision)
        if (key := precision.model_dump_json()) not in seen:
            seen.add(key)
            print(
                f"{name}: {described(precision)}: {found.ratio:.3g} times the float file's "
                f"validation {task.label}, {found.gzip_bytes:g} bytes gzipped",
                flush=True,
            )
        return found

    return measured


def described(precision: Assignment) -> str:
    """Say in words what is not int8."""
    parts = [f"{layer} {own}" for layer, own in precision.weights.items() if own != "int8"]
    if precision.activations != "int8":
        parts.insert(0, f"activations {precision.activations}")
    return ", ".join(parts) or "int8 alone"


def _error(task: Task, content: bytes, rows: Rows) -> float:
    return scoring.error(task, litert.predict(content, rows.x), rows)


def _ratio(error: float, of_float: float) -> float:
    if not of_float:  # a network without any error
        return math.inf if error else 1.0
    return error / of_float
