"""Packs the files to time, and the script that times them, into a zip with the same bytes."""

import hashlib
import inspect
import io
import json
import os
import re
import zipfile
from pathlib import Path

from secateur.artifacts import DEVICES
from secateur.core.errors import InputError
from secateur.devices import bench, benchmark_model, loading, machine, timing, turns
from secateur.timed_files import BASELINE, timed_beside, to_time

FOLDER = "bench-kit"  # in the zip
MODULES = (bench, benchmark_model, loading, machine, timing, turns)
# In the zip, the modules lie beside each other.
IMPORTS = (
    (re.compile(r"^( *)from secateur\.devices import ", re.M), r"\1import "),
    (re.compile(r"^( *)from secateur\.devices\.(\w+) import ", re.M), r"\1from \2 import "),
)
README = f"""Times {{count}} TFLite files on this device. In this folder:

    python3 -m pip install ai-edge-litert
    python3 bench.py NAME

NAME is the device's, such as pi4. It writes NAME.json; copy that into the project's
{DEVICES.as_posix()}/. It takes about a second for each file, about a minute for the
demonstration's 74 files, and longer for slow ones. `python3 bench.py --help` lists the options.

Where ai-edge-litert cannot be installed, TensorFlow Lite's own program `benchmark_model` does:

    chmod +x benchmark_model
    python3 bench.py NAME --benchmark-model ./benchmark_model

It counts whole microseconds, so it cannot time networks that take less than one.
"""


def pack(path: Path) -> list[str]:
    """Write the kit; return what to tell the user.

    Raises:
        InputError: there is nothing to time, or the path holds a file that is no kit.
    """
    if path.suffix != ".zip" or not path.parent.is_dir() or path.is_dir():
        raise InputError(f"{path}: must be a file with the ending .zip, in a folder that exists")
    target = Path(os.path.realpath(path)) if path.is_symlink() else path  # a link stays
    if target.is_symlink() or not target.parent.is_dir():
        raise InputError(f"{path}: is a link that leads nowhere; remove it, or name another file")
    before = target.read_bytes() if target.exists() else None
    if before is not None and not _is_kit(before):
        raise InputError(
            f"{path}: holds something else than a kit, and it stays; name another file"
        )
    files = to_time()
    content = _zip(_content(files))
    _write(target, content)
    how = {None: "written", content: "the same as before"}.get(before, "replaced")
    return [
        f"{path}: {how}: {len(files)} files to time, {len(content):,} bytes",
        f"unpack it on the device; {FOLDER}/README.txt has the two commands to run there",
    ]


def _write(path: Path, content: bytes) -> None:
    """Write a file that is whole or not there."""
    partial = path.with_name(f".{path.name}.partial")
    if partial.is_dir():
        raise InputError(
            f"{partial}: is a folder, and the zip is first written there; move it away, or name "
            "another file"
        )
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _content(files: dict[str, Path]) -> dict[str, bytes]:
    """Return what the zip holds, by name."""
    places = {key: f"files/{key}.tflite" for key in files}
    listed = {
        key: {
            "file": places[key],
            "sha256": timing.describe(path)["sha256"],
            "baseline": timed_beside(key),
        }
        for key, path in files.items()
    }
    modules = {f"{module.__name__.rpartition('.')[2]}.py": _source(module) for module in MODULES}
    hashes = {name: hashlib.sha256(text).hexdigest() for name, text in modules.items()}
    manifest = {"baseline": BASELINE, "files": listed, "modules": hashes}
    return {
        **{places[key]: path.read_bytes() for key, path in files.items()},
        **modules,
        bench.MANIFEST: (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode(),
        "README.txt": README.format(count=len(files)).encode(),
    }


def _source(module: object) -> bytes:
    """Return a module's text, which no longer needs Secateur."""
    text = Path(inspect.getfile(module)).read_text(encoding="utf-8")  # type: ignore[arg-type]
    for pattern, instead in IMPORTS:
        text = pattern.sub(instead, text)
    return text.encode("utf-8")


def _zip(content: dict[str, bytes]) -> bytes:
    """Return a zip of sorted names, without times; not compressed, as versions of zlib differ."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(content):
            entry = zipfile.ZipInfo(f"{FOLDER}/{name}", (1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # on every system
            archive.writestr(entry, content[name])
    return packed.getvalue()


def _is_kit(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return f"{FOLDER}/{bench.MANIFEST}" in archive.namelist()
    except zipfile.BadZipFile:
        return False
