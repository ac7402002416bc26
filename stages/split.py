"""Split the rows into train, validation and test; the training rows determine the encoding."""

from pathlib import Path

from secateur.arrays import parts as arrays
from secateur.arrays.encoding import shape
from secateur.core import errors, files, params
from secateur.core.tasks import TaskName
from secateur.data import duplicates, encoding, reading, splitting
from secateur.data.parameters import Data


def main() -> None:
    """Write each part as arrays, the encoding, and the shapes that a network needs."""
    given = params.read()
    data = given.section("data", Data)
    task = given.section("task", TaskName)
    raw = reading.read(data, task)
    for note in raw.notes:
        print(note)
    if raw.left_out:
        print(f"{data.source}: {raw.left_out} rows with missing cells are left out")
    n, how = len(raw.target), given.section("split", splitting.Split)
    classes = None if task == "regression" else raw.target
    found = duplicates.repeats(raw.inputs, raw.target) if how.duplicates == "together" else None
    parts = splitting.split(n, how, classes, found.groups if found else None)
    if found and found.distinct:
        print(
            f"{data.source}: {found.distinct} distinct rows occur several times, {found.rows} rows "
            f"in all; each stays in one part (split.duplicates): {len(parts[0])} rows train, "
            f"{len(parts[1])} validate, {len(parts[2])} test"
        )
    learned = encoding.learn(raw, parts[0], data, task)
    named = dict(zip(("train", "validation", "test"), parts, strict=True))
    x, y = encoding.stored(learned, raw, named)
    for name, rows in named.items():
        arrays.write(Path("data/split") / name, x, y, rows)
    files.write_json(Path("models/encoding.json"), learned.model_dump())
    files.write_json(Path("data/split/shape.json"), shape(learned, len(parts[0])))


if __name__ == "__main__":
    errors.run(main)
