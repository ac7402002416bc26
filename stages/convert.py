"""Make TFLite files of every model."""

from pathlib import Path

from rungs import TYPES, keras_folders, read_inputs, tflite_file, tflite_sources
from secateur import errors, files, model_files, params, tables
from secateur.converting import Convert, convert
from secateur.packing import pack
from secateur.recipes import Recipes
from secateur.seeds import Seeds


def main() -> None:
    """Write a file for each model, Keras rung, type and seed; packed ones beside them."""
    settings = params.section("convert", Convert)
    recipes = params.section("recipes", Recipes)
    seeds = params.section("seeds", Seeds)
    trusted = params.section("model.trust", bool)
    train = tables.read(Path("data/train.parquet"))
    with files.replacing(Path("models/tflite")) as folder:
        for name, rungs in keras_folders(recipes).items():
            for source in sorted(set(tflite_sources(rungs).values())):
                for seed, model in model_files.load_seeds(rungs[source], seeds, trusted).items():
                    rows = train.of_inputs(read_inputs(name, source, seed)).x
                    for kind, content in convert(model, TYPES, rows[: settings.calibration_rows]):
                        if source == "clustered":
                            _write(folder, name, f"clustered_{kind}", seed, pack(content))
                            continue
                        _write(folder, name, f"{source}_{kind}", seed, content)
                        if source == "shrunk":
                            _write(folder, name, f"packed_{kind}", seed, pack(content))


def _write(folder: Path, model: str, rung: str, seed: int, content: bytes) -> None:
    path = folder / tflite_file(model, rung, seed).relative_to("models/tflite")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    errors.run(main)
