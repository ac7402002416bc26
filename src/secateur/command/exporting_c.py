"""What `secateur export-c` does: a model as C++ sources for tflite-micro."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from secateur.arrays import encoding, parts
from secateur.artifacts import inputs_of
from secateur.choosing import choice
from secateur.command import c_files, c_readme, exportable, op_resolver, ship
from secateur.command.c_files import Network, Tensor
from secateur.core import files
from secateur.core.errors import InputError
from secateur.devices import apart, micro
from secateur.evaluate import litert
from secateur.export import interpreter

FAMILIES, KINDS = ("minified", "clustered"), ("float32", "int8", "int4", "mixed")
LARGEST_ARENA = 1 << 30  # bytes; the memory of this machine holds only what is touched


class Exported(NamedTuple):
    """A file that tflite-micro runs, and what it was compared with."""

    network: Network
    chosen: ship.Choice
    error: str
    inputs: list[int] | None


def export(
    model: str, folder: Path, artifact: str | None = None, seed: int | None = None
) -> list[str]:
    """Write a model's file for the microcontroller as C++ sources, and return what to say.

    Without `artifact`, it is the smallest of the float32 and int8 files that tflite-micro runs and
    that predict as their source does. Without `seed`, `metrics/ship.json` decides.

    Raises:
        InputError: there is no such model or file, tflite-micro cannot run it, it is not the one
            that the metrics speak of, or the folder is in use.
    """
    exportable.check_folder(folder)
    name = exportable.named(model)
    seed = ship.read().models[name].seed if seed is None else seed
    learned = encoding.read(exportable.ENCODING)
    test = parts.read(exportable.TEST, learned)
    figures = exportable.measured(name)
    wanted = [artifact] if artifact else _by_preference(figures, seed)
    made = _first_that_runs(name, wanted, seed, test)
    worse = not_as_good(figures, made.chosen.artifact)
    with files.replacing(folder) as partial:
        partial.mkdir(parents=True)
        for file, text in c_files.files(made.network).items():
            (partial / file).write_text(text, encoding="utf-8")
        how = {**learned.model_dump(), "inputs": made.inputs}
        exportable.write_json(partial / "encoding.json", how)
        readme = c_readme.text(made.network, made.chosen, learned, made.inputs, made.error, worse)
        (partial / "README.md").write_text(readme, encoding="utf-8")
    chosen, network = made.chosen, made.network
    return [
        f"{folder}: {chosen.model}, {chosen.artifact}, seed {chosen.seed}, "
        f"{len(network.content):,} bytes, arena {network.arena_bytes:,} bytes, test {made.error}"
        f"{worse}; {c_readme.compared(network)}",
        "next: add the folder to a tflite-micro project as its README.md says",
    ]


def _by_preference(figures: dict[str, Any], seed: int) -> list[str]:
    """Return the float32 and int8 artifacts, those first that predict as their source does.

    Of these the smallest comes first; of the others the one with the least validation error.
    """
    found = choice.candidates(figures)

    def rank(name: str) -> tuple[bool, float]:
        own = found[name]
        good = choice.good(own, found["stripped"])
        return not good, own.bytes if good else own.error  # a device holds it as it is

    names = [f"{family}_{kind}" for family in FAMILIES for kind in KINDS]
    measured = [name for name in names if name in figures]
    made = [
        name for name in measured if figures[name]["validation"]["seeds"].get(str(seed)) is not None
    ]
    return sorted(made, key=rank)


def not_as_good(figures: dict[str, Any], artifact: str) -> str:
    """Return, in words, that an artifact is not as good as its source; empty if it is."""
    found = choice.candidates(figures)
    own, source = found[artifact], found["stripped"]
    if choice.good(own, source):
        return ""
    return (
        " (not as good as its source: on validation rows, over the seeds, "
        f"{_spelled(own.error)}, not {_spelled(source.error)})"
    )


def _spelled(error: float) -> str:
    return f"{error:.4g}" if math.isfinite(error) else "no number"


def _first_that_runs(model: str, artifacts: list[str], seed: int, test: parts.Part) -> Exported:
    """Return the first artifact that tflite-micro runs.

    Raises:
        InputError: there is none; says of each why.
    """
    reasons = []
    for artifact in artifacts:
        chosen = ship.choose(model, artifact, seed, "MODEL")
        inputs = inputs_of(chosen.model, chosen.artifact, chosen.seed)
        content = chosen.path.read_bytes()
        error = exportable.checked_error(chosen, content, inputs, test)
        x = test.inputs(exportable.known_rows(test)[:1])
        try:
            network = _network(chosen, content, x if inputs is None else x[:, inputs])
        except InputError as problem:
            reasons.append(str(problem))
        else:
            return Exported(network, chosen, error, inputs)
    raise InputError(
        "; ".join(reasons) or f"model {model!r} has no float32 or int8 file of seed {seed}"
    )


def _network(chosen: ship.Choice, content: bytes, row: np.ndarray) -> Network:
    methods = op_resolver.methods(content, str(chosen.path))
    given, expected = _tensors(content, row)
    for what, tensor in (("takes", given), ("gives", expected)):
        if tensor.values.dtype.name not in c_files.C_TYPES:
            raise InputError(
                f"{chosen.path}: {what} {tensor.values.dtype}; must be int8 or float32"
            )
    try:
        ran = _on_micro(content, row)
    except InputError as error:
        raise InputError(f"{chosen.path}: {error}") from None
    values = (expected.values.astype(np.float32) - expected.zero_point) * (expected.scale or 1)
    if wrong := micro.wrong(ran, values):
        raise InputError(f"{chosen.path}: {wrong}")
    apart_by = float(np.abs(ran.outputs - values.reshape(1, -1)).max())
    if expected.scale:
        apart_by = round(apart_by / expected.scale)
    return Network(
        chosen.model, content, methods, ran.arena_bytes, str(micro.version()), given, expected,
        apart_by,
    )  # fmt: skip


def _on_micro(content: bytes, row: np.ndarray) -> micro.Run:
    """Run a row (1, *inputs) with tflite-micro, and find the least arena for the file.

    Raises:
        InputError: it cannot run the file, or there is none for this platform.
    """
    if micro.version() is None:
        raise InputError(micro.ABSENT)
    [(_, found)] = apart.each(lambda file: micro.run(file, row, LARGEST_ARENA), [content])
    if isinstance(found, apart.Failed):
        raise InputError(micro.why(found.reason, found.printed, LARGEST_ARENA))
    ran: micro.Run = found
    return ran


def _tensors(content: bytes, row: np.ndarray) -> Iterator[Tensor]:
    """Yield a row (1, *inputs) as the file takes it, and what LiteRT's reference kernels give."""
    own = interpreter.reference(content)
    taken, given = own.get_input_details()[0], own.get_output_details()[0]
    scale, zero = taken["quantization"]
    x = row
    if taken["dtype"] in litert.WHOLE:
        x = litert.quantized(row, taken["dtype"], scale, zero)
    own.set_tensor(taken["index"], x)
    own.invoke()
    yield Tensor(x, scale, zero)
    yield Tensor(own.get_tensor(given["index"]), *given["quantization"])
