"""Convert every network to TFLite files."""

from pathlib import Path

from secateur.arrays import tables
from secateur.artifacts import FAMILIES, TFLITE, TYPES, inputs_of, keras_artifacts, tflite_file
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds
from secateur.export.minify import minify
from secateur.export.tflite import Convert, convert
from secateur.keras_io import h5_files
from secateur.recipes.recipe import Recipes


def main() -> None:
    """Write one file per model, family, type and seed."""
    given = params.read()
    settings = given.section("convert", Convert)
    seeds = given.section("seeds", Seeds)
    safe_mode = given.optional("model.safe_mode", bool, True)
    train = tables.read(Path("data/train.parquet"))
    with files.replacing(TFLITE) as folder:
        for name, artifacts in keras_artifacts(given.section("recipes", Recipes)).items():
            for source in sorted({f.source for f in FAMILIES.values()} & artifacts.keys()):
                families = {n: f for n, f in FAMILIES.items() if f.source == source}
                for seed, model in h5_files.load_seeds(artifacts[source], seeds, safe_mode).items():
                    rows = train.of_inputs(inputs_of(name, source, seed)).x
                    for kind, content in convert(model, TYPES, rows[: settings.calibration_rows]):
                        for family, how in families.items():
                            made = tflite_file(name, f"{family}_{kind}", seed)
                            path = folder / made.relative_to(TFLITE)
                            path.parent.mkdir(parents=True, exist_ok=True)
                            path.write_bytes(minify(content) if how.minified else content)


if __name__ == "__main__":
    errors.run(main)
