"""Split the rows into train, validation and test; the training rows determine the encoding."""

from pathlib import Path

from secateur.arrays import parts as arrays
from secateur.arrays.encoding import shape
from secateur.core import errors, files, params
from secateur.core.tasks import TaskName
from secateur.data import dividing, encoding, found, found_parts, reading, told
from secateur.data.parameters import Data
from secateur.data.splitting import Split


def main() -> None:
    """Write each part as arrays, the encoding, the shapes for a network, and what was read."""
    given = params.read()
    data = given.section("data", Data)
    task = given.section("task", TaskName)
    how = given.section("split", Split)
    raw = reading.read(data, task, how)
    for note in raw.notes:
        print(note)
    if raw.left_out:
        print(f"{data.source}: {raw.left_out} rows with missing cells are left out")
    parts, notes = divided = dividing.divide(raw, how)
    for note in notes:
        print(note)
    learned = encoding.learn(raw, parts[0], data, task)
    named = dict(zip(("train", "validation", "test"), parts, strict=True))
    x, y = encoding.stored(learned, raw, named)
    for name, rows in named.items():
        marks = raw.anomalous if name == "test" else None
        arrays.write(Path("data/split") / name, x, y, rows, marks)
    files.write_json(Path("models/encoding.json"), learned.model_dump())
    findings = found_parts.find(data, task, how, raw, divided, learned)
    for line in told.short(findings):
        print(line)
    files.write_text(Path("models/data.json"), found.to_json(findings))
    files.write_json(Path("data/split/shape.json"), shape(learned, len(parts[0])))


if __name__ == "__main__":
    errors.run(main)
