"""Generate the data set of the demonstration."""

from pathlib import Path

from secateur.arrays import tables
from secateur.core import errors, params
from secateur.data.friedman1 import GenerateData, friedman1


def main() -> None:
    """Write Friedman #1 as columns x0, x1, … and y."""
    rows = friedman1(params.read().section("generate_data", GenerateData))
    tables.write(Path("data/generated/friedman1.parquet"), rows)


if __name__ == "__main__":
    errors.run(main)
