"""What `secateur predict` does: rows through a TFLite file, to CSV."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from secateur.arrays import encoding
from secateur.arrays.encoding import Encoding
from secateur.artifacts import inputs_of
from secateur.command import pictures, rows, ship
from secateur.core.errors import InputError, one_line
from secateur.evaluate import litert

RECONSTRUCTION = "reconstruction_error"
ENCODING = Path("models/encoding.json")


def predict(path: Path, model: str | None, artifact: str | None, seed: int | None) -> str:
    """Predict the rows of a file; what is None, `metrics/ship.json` decides. Returns CSV.

    Raises:
        InputError: the rows or the model cannot be used; names what is allowed.
    """
    rows.check(path)
    chosen = ship.choose(model, artifact, seed)
    learned = encoding.read(ENCODING)
    x = rows.read(path, learned)
    inputs = inputs_of(chosen.model, chosen.artifact, chosen.seed)
    try:
        read = x if inputs is None else x[:, inputs]
        predicted = litert.predict(chosen.path.read_bytes(), read)
    except (IndexError, ValueError, RuntimeError) as error:
        raise InputError(
            f"{chosen.path}: damaged, or does not fit {ENCODING}; `secateur repro` makes both: "
            f"{one_line(error)}"
        ) from None
    if learned.target.inputs:
        return errors_as_csv(predicted, x)
    return as_csv(learned, predicted, pictures.find(path) if pictures.are(path) else None)


def as_csv(learned: Encoding, predicted: np.ndarray, paths: list[str] | None = None) -> str:
    """The targets' columns, from predictions (n, outputs); of classes the target's, `probability`.

    Of pictures, `path` comes first.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    values = learned.outputs(predicted)
    lines: list[Sequence[object]]
    if learned.target.classes is None:
        rows = values.reshape(len(values), -1)
        lines = [learned.target.names, *([f"{value:.9g}" for value in row] for row in rows)]
    else:
        pairs = zip(values.tolist(), probabilities(learned, predicted), strict=True)
        lines = [[learned.target.name, "probability"]]
        lines += [[_label(label), f"{share:.9g}"] for label, share in pairs]
    if paths is not None:
        lines = [[path, *line] for path, line in zip(["path", *paths], lines, strict=True)]
    writer.writerows(lines)
    return text.getvalue()


def errors_as_csv(predicted: np.ndarray, x: np.ndarray) -> str:
    """The mean squared error of each row that an autoencoder gives back, and no column more.

    Of predictions and inputs, both (n, *shape), the inputs as they are encoded.
    """
    difference = (predicted.astype(np.float64) - x).reshape(len(x), -1)
    lines = [RECONSTRUCTION, *(f"{error:.9g}" for error in np.mean(difference**2, axis=1))]
    return "\n".join([*lines, ""])


def probabilities(learned: Encoding, predicted: np.ndarray) -> np.ndarray:
    """The probability (n,) of the class that is predicted."""
    shares = predicted.reshape(len(predicted), -1).astype(np.float64)
    if learned.task == "binary":
        return np.where(shares[:, 0] > 0.5, shares[:, 0], 1 - shares[:, 0])
    return np.asarray(shares.max(axis=1))


def _label(label: object) -> object:
    """As a user's CSV has it: `true`, not Python's `True`."""
    return str(label).lower() if isinstance(label, bool) else label
