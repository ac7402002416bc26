"""Split the rows into train, validation and test."""

from pathlib import Path

from secateur import errors, params, splitting, tables


def main() -> None:
    """Write one table for each part."""
    settings = params.section("split", splitting.Split)
    parts = splitting.split(tables.read(Path("data/raw.parquet")), settings)
    for name, rows in zip(("train", "validation", "test"), parts, strict=True):
        tables.write(Path(f"data/{name}.parquet"), rows)


if __name__ == "__main__":
    errors.run(main)
