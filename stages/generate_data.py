"""Draw the data set."""

from pathlib import Path

from secateur import errors, params, tables
from secateur.friedman import GenerateData, friedman1


def main() -> None:
    """Write Friedman #1 as columns x0, x1, … and y."""
    rows = friedman1(params.section("generate_data", GenerateData))
    tables.write(Path("data/friedman1.parquet"), rows)


if __name__ == "__main__":
    errors.run(main)
