"""One of the pipelines of a run, and when two of them share a stage."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dvc_parallel.plan import Node, Plan

Json = dict[str, Any]


@dataclass(frozen=True)
class PipelineVersion:
    """A state of the repository, and what DVC makes of it."""

    label: str  # empty where the run has one version only
    snapshot: str  # a commit
    plan: Plan
    blobs: Mapping[str, str]  # the hash of each file and folder, by path in the project
    files: Mapping[str, str] = field(default_factory=dict)  # texts over the snapshot's, by path
    asked: tuple[str, ...] = ()  # files that its stages write, and whose texts are wanted
    # What its stages have deleted of the files that Git does not track; relative to the
    # repository's top. A run of DVC's would have deleted them in the workspace.
    removed: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)  # of `asked`, as its stages wrote them
    refused: set[str] = field(default_factory=set)  # stages that would fail in the workspace too


def fingerprint(job: Json, node: Node, blobs: Mapping[str, str]) -> str:
    """A hash of all that DVC knows a stage's outputs to follow from."""
    upstream = [out for entry in job["upstream"] for out in entry["lock"]["outs"]]
    files = {dep: blobs.get(dep) for dep in node.deps}
    folders = job["folders"]
    parts = [node.file, node.name, node.cmd, node.params, node.outs, files, upstream, folders]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
