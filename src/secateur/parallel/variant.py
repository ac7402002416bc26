"""One of the pipelines of a run, and which stages two of them have in common."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from secateur.parallel.pipeline import Node, Plan

Json = dict[str, Any]


@dataclass(frozen=True)
class Variant:
    """A pipeline to warm: a state of the repository, and what DVC makes of it."""

    label: str  # empty where there is one only
    snapshot: str
    plan: Plan
    blobs: Mapping[str, str]  # by path in the project, what its content is


def fingerprint(job: Json, node: Node, blobs: Mapping[str, str]) -> str:
    """What a stage's outputs follow from, as far as DVC is told: the same for the same run."""
    upstream = [out for entry in job["upstream"] for out in entry["lock"]["outs"]]
    files = {dep: blobs.get(dep) for dep in node.deps}
    folders = job["folders"]
    parts = [node.file, node.name, node.cmd, node.params, node.outs, files, upstream, folders]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
