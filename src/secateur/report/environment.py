"""Which machine and versions made the results: kept beside them, never in them."""

import hashlib
import os
import platform
import zlib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from secateur.core import files

# What computes or writes something that ends up in an output.
PACKAGES = (
    "ai-edge-litert", "dvc", "h5py", "matplotlib", "numpy", "pandas", "pyarrow", "scikit-learn",
    "tensorflow", "tensorflow-model-optimization", "tf-keras",
)  # fmt: skip


def here() -> dict[str, Any]:
    """This machine and the versions installed on it; no host name, no path."""
    return {
        "processor": _processor(),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        **versions(),
    }


def versions() -> dict[str, str]:
    """What is installed of that which computes or writes results."""
    return {package: _version(package) for package in PACKAGES}


def digest(results: Iterable[Path]) -> str:
    """The SHA-256 of the files' bytes, one after the other."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in results)).hexdigest()


def record(path: Path, results: Iterable[Path]) -> None:
    """Write `here()` beside the results, unless the file is about the same results already.

    So whoever reproduces them elsewhere, byte for byte, does not change it.
    """
    made = digest(results)
    if made not in (path.read_text(encoding="utf-8") if path.exists() else ""):
        files.write_json(path, {"results": made, **here()})


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """The processor's name as Linux gives it."""
    info = Path("/proc/cpuinfo")
    for line in info.read_text(encoding="utf-8").splitlines() if info.exists() else ():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or "unknown"
