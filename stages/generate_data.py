"""Generate the data set of the demonstration."""

from pathlib import Path

from secateur.arrays import tables
from secateur.core import errors, params
from secateur.data.friedman1 import MADE, GenerateData, friedman1


def main() -> None:
    """Write Friedman #1 as columns x0, x1, … and y."""
    rows = friedman1(params.read().section("generate_data", GenerateData))
    inputs = {f"x{i}": column for i, column in enumerate(rows.x[:].T)}
    tables.write_columns(Path(MADE), {**inputs, "y": rows.y[:, 0]})


if __name__ == "__main__":
    errors.run(main)
