"""Record the machine and the versions that made the results, beside the results."""

import hashlib
import os
import platform
import zlib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from secateur.core import files

# Packages that compute or write an output.
PACKAGES = (
    "ai-edge-litert", "dvc", "h5py", "matplotlib", "numpy", "pandas", "pyarrow", "scikit-learn",
    "tensorflow", "tensorflow-model-optimization", "tf-keras",
)  # fmt: skip


def here() -> dict[str, Any]:
    """Describe this machine and its versions, without host name or path."""
    return {
        "processor": _processor(),
        "processors": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "zlib": zlib.ZLIB_RUNTIME_VERSION,
        **versions(),
    }


def versions() -> dict[str, str]:
    """Return the installed versions of the packages that compute or write results."""
    return {package: _version(package) for package in PACKAGES}


def digest(results: Iterable[Path]) -> str:
    """Return the SHA-256 of the files' concatenated bytes."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in results)).hexdigest()


def record(path: Path, results: Iterable[Path]) -> None:
    """Write `here()` to `path`, unless the file already describes the same results.

    Reproducing the results byte for byte on another machine thus leaves the file unchanged.
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
    """Return the processor's name, from Linux if possible."""
    info = Path("/proc/cpuinfo")
    for line in info.read_text(encoding="utf-8").splitlines() if info.exists() else ():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or "unknown"
