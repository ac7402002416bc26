"""Convert every network to TFLite files."""

from pathlib import Path

from secateur.arrays import tables
from secateur.artifacts import (
    FAMILIES,
    LEFT_OUT,
    TFLITE,
    TYPES,
    inputs_of,
    keras_artifacts,
    tflite_file,
)
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds
from secateur.export.minify import minify
from secateur.export.tflite import Convert, convert_or_reason
from secateur.keras_io import h5_files
from secateur.recipes.recipe import Recipes


def main() -> None:
    """Write one file per model, family, type and seed, and why a file is left out."""
    given = params.read()
    settings = given.section("convert", Convert)
    seeds = given.section("seeds", Seeds)
    safe_mode = given.optional("model.safe_mode", bool, True)
    train = tables.read(Path("data/train.parquet"))
    left_out: dict[str, dict[str, dict[str, str]]] = {}
    with files.replacing(TFLITE) as folder:
        for name, artifacts in keras_artifacts(given.section("recipes", Recipes)).items():
            for source in sorted({f.source for f in FAMILIES.values()} & artifacts.keys()):
                families = {n: f for n, f in FAMILIES.items() if f.source == source}
                for seed, model in h5_files.load_seeds(artifacts[source], seeds, safe_mode).items():
                    rows = train.of_inputs(inputs_of(name, source, seed)).x
                    few = rows[: settings.calibration_rows]
                    for kind, content, reason in convert_or_reason(model, TYPES, few):
                        for family, how in families.items():
                            artifact = f"{family}_{kind}"
                            if reason:
                                print(f"{name}, {artifact}, seed {seed}: left out: {reason}")
                                by_seed = left_out.setdefault(name, {}).setdefault(artifact, {})
                                by_seed[str(seed)] = reason
                                continue
                            made = tflite_file(name, artifact, seed)
                            path = folder / made.relative_to(TFLITE)
                            path.parent.mkdir(parents=True, exist_ok=True)
                            path.write_bytes(minify(content) if how.minified else content)
        if left_out:
            files.write_json(folder / LEFT_OUT.name, left_out)


if __name__ == "__main__":
    errors.run(main)
