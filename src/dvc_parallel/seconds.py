"""How long stages took when they ran last; the order of a run's stages follows from it."""

import json
import os
from pathlib import Path

FILE = ".dvc/tmp/dvc-parallel/seconds.json"


def known_seconds(project: Path) -> dict[str, float]:
    """Seconds by address; empty where there are none or they cannot be read."""
    try:
        known = json.loads((project / FILE).read_text())
        return {str(name): float(value) for name, value in known.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def keep_seconds(project: Path, seconds: dict[str, float]) -> None:
    """Write them for the next run."""
    path = project / FILE
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial.write_text(json.dumps(seconds, indent=2, sort_keys=True) + "\n")
    partial.replace(path)
