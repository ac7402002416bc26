"""Convert one model's networks to TFLite files."""

import json
import sys
from pathlib import Path

from secateur.arrays import encoding, parts
from secateur.arrays.rows import evenly
from secateur.artifacts import (
    FAMILIES,
    INT4,
    LEFT_OUT,
    MIXED,
    PRECISION,
    TFLITE,
    TYPES,
    inputs_of,
    mixes,
    tflite_file,
    to_convert,
)
from secateur.core import errors, files, params
from secateur.core.seeds import Seeds
from secateur.export.by_layer import Assignment
from secateur.export.minify import minify
from secateur.export.quantizable import trained_for
from secateur.export.tflite import Convert, convert_or_reason
from secateur.keras_io import h5_files
from secateur.recipes.recipe import ModelName


def main(name: str) -> None:
    """Write one file by family, type and seed, and why one is left out; of one model."""
    params.validate(ModelName, name, "model")
    given = params.read()
    settings = given.section("convert", Convert)
    seeds = given.section("seeds", Seeds)
    safe_mode = given.optional("model.safe_mode", bool, True)
    learned = encoding.read(Path("models/encoding.json"))
    train = parts.read(Path("data/split/train"), learned)
    few = train.batch(evenly(len(train), settings.calibration_rows))
    sources = to_convert(name)
    precision = _precision(MIXED / name / PRECISION)
    left_out: dict[str, dict[str, str]] = {}
    made: dict[bytes, dict[str, tuple[bytes, str]]] = {}  # by network and type
    stripped = h5_files.load_seeds(sources["stripped"], seeds, safe_mode).values()
    types = (*TYPES, INT4) if any(trained_for(model, INT4) for model in stripped) else TYPES
    with files.replacing(TFLITE / name) as folder:
        folder.mkdir()
        for source in sorted({f.source for f in FAMILIES.values()} & sources.keys()):
            families = {n: f for n, f in FAMILIES.items() if f.source == source}
            for seed, model in h5_files.load_seeds(sources[source], seeds, safe_mode).items():
                rows = few.of_inputs(inputs_of(name, source, seed)).x
                own = (*types, *mixes(source, precision is not None))
                # Where compaction has nothing to remove, the network is that of another source.
                known = made.setdefault(h5_files.content(model), {})
                if missing := [kind for kind in own if kind not in known]:
                    converted = convert_or_reason(model, missing, rows, precision)
                    known |= {kind: (content, reason) for kind, content, reason in converted}
                for kind in own:
                    content, reason = known[kind]
                    for family, how in families.items():
                        artifact = f"{family}_{kind}"
                        if reason:
                            print(f"{name}, {artifact}, seed {seed}: left out: {reason}")
                            left_out.setdefault(artifact, {})[str(seed)] = reason
                            continue
                        path = folder / tflite_file(name, artifact, seed).relative_to(TFLITE / name)
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.write_bytes(minify(content) if how.minified else content)
        files.write_json(folder / LEFT_OUT, left_out)


def _precision(path: Path) -> Assignment | None:
    """Read how precise each layer of a file `mixed` is; None where there is to be none."""
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    precision: Assignment = params.validate(Assignment, found["precision"], str(path))
    return precision


if __name__ == "__main__":
    errors.run(main, *sys.argv[1:])
