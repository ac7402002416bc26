"""Metrics files in the formats that DVC reads: JSON, YAML and TOML."""

import tomllib
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from dvc_verify.errors import one_line


def read(path: Path) -> Any:
    """The file's content; None if there is no file; a text with the fault if it has one."""
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8", errors="replace")
    try:  # JSON is YAML
        return tomllib.loads(text) if path.suffix == ".toml" else YAML(typ="safe").load(text)
    except Exception as error:  # the parsers raise errors of many classes
        return f"cannot be read: {one_line(error)}"
