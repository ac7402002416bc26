"""Why a stage runs, in words."""

from collections.abc import Iterator
from typing import Any

from dvc_internals import Change

SHOWN = 60  # characters of a value
MISSING = object()


def reasons(change: Change) -> list[str]:
    """The reasons that a change gives; each parameter with its old and its new value."""
    if change.what == "parameters":
        return [
            f"{change.path}: {name} {_value(old)} → {_value(new)}"
            for name, old, new in differences(change.old, change.new)
        ]
    if change.what == "output":
        states = {"deleted": "missing", "modified": "changed", "not in cache": "not in the cache"}
        return [f"output {change.path} is {states.get(change.status, change.status)}"]
    if change.what == "dependency":
        verbs = {"modified": "changed", "deleted": "is missing", "new": "is new"}
        return [f"{change.path} {verbs.get(change.status, change.status)}"]
    words = {"stage": "new: dvc.lock has no entry of it", "command": "its command changed"}
    return [words.get(change.what, "it runs each time")]


def differences(old: Any, new: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The values that differ, by their names in full, at the deepest level of mappings.

    A value that one of the two lacks is MISSING.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            inner = f"{name}.{key}" if name else str(key)
            yield from differences(old.get(key, MISSING), new.get(key, MISSING), inner)
    elif old != new:
        yield name, old, new


def _value(value: Any) -> str:
    if value is MISSING:
        return "(none)"
    text = " ".join(repr(value).split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
