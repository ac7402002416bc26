"""The record of the machine that made the committed results, compared with this machine.

The record is a JSON file. Its keys are those of `machine.here()` and names of Python
distributions. `results` may hold a digest of the results.
"""

from importlib import metadata
from pathlib import Path

from dvc_verify import machine, metric_files

RECORD = Path("metrics/environment.json")  # relative to the project's folder
NOT_COMPARED = ("results",)


def compare(project: Path) -> str:
    """One line that says which machine made the results and what is different here."""
    recorded = metric_files.read(project / RECORD)
    if not isinstance(recorded, dict):
        return f"{RECORD} does not say which machine made the results"
    facts = machine.here()
    here = {
        key: facts[key] if key in facts else _version(key)
        for key in recorded
        if key not in NOT_COMPARED
    }
    changed = [
        f"{key} {recorded[key]} there, {value} here"
        for key, value in here.items()
        if value != recorded[key]
    ]
    made = f"made on {recorded.get('processor')}, Python {recorded.get('python')}"
    return f"{made}; " + (
        f"different here: {'; '.join(changed)}" if changed else "the same as here"
    )


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except (metadata.PackageNotFoundError, ValueError):  # ValueError: an empty name
        return "not installed"
