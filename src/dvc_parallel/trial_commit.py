"""Makes an experiment of a trial whose stages are all of its own pipeline file.

`dvc exp run` takes seconds for a project of many stages, as it looks at each of them. None of those
has changed here: what a trial adds to the workspace are its own files and a `dvc.lock` of its own.
"""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import dvc_internals as internals
from dvc_parallel.git import clean_environment, git
from dvc_parallel.snapshot import IDENTITY
from dvc_parallel.sweep_clone import Experiment, SweepClone
from dvc_parallel.version import PipelineVersion

Json = dict[str, Any]


def is_possible(version: PipelineVersion, locks: Mapping[str, Json]) -> bool:
    """Whether all stages that ran stand in files of the trial's own."""
    return all(version.plan.nodes[name].file in version.files for name in locks)


def commit(
    clone: SweepClone, experiment: Experiment, version: PipelineVersion, locks: Mapping[str, Json]
) -> None:
    """Commit a trial as the experiment, in the workspace's repository.

    Raises:
        RunError: Git failed.
    """
    store, top = clone.store, clone.store.top
    inside = clone.counterpart(clone.plan.project).relative_to(top).as_posix()
    texts = {**version.files, **version.texts, **_ignored(clone, version, locks)}
    with TemporaryDirectory(dir=store.folder) as place:
        index = Path(place) / "index"
        store.git("read-tree", version.snapshot, index=index)
        for number, (name, text) in enumerate({**texts, **_locks(version, locks, place)}.items()):
            file = Path(place) / str(number)
            file.write_text(text, encoding="utf-8")
            blob = store.git("hash-object", "-w", "--no-filters", str(file))
            path = (PurePosixPath(inside) / name).as_posix()
            store.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", index=index)
        tree = store.git("write-tree", index=index)
    objects = {"GIT_OBJECT_DIRECTORY": str(store.folder / "objects"),
               "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(store.objects)}  # fmt: skip
    who = {key: value for key, value in IDENTITY.items() if not key.endswith("DATE")}
    said = f"dvc: commit experiment {experiment.name}"
    made = git("-C", str(top), "commit-tree", tree, "-p", clone.head, "-m", said,
               env={**clean_environment(), **who, **objects})  # fmt: skip
    git("-C", str(top), "update-ref", experiment.ref, made)
    ref = f"+{experiment.ref}:{experiment.ref}"
    git("-C", str(clone.origin.top), "fetch", "--quiet", str(top), ref)


def _locks(version: PipelineVersion, locks: Mapping[str, Json], place: str) -> dict[str, str]:
    """Return each `dvc.lock` beside a pipeline file of the trial's, as DVC writes it."""
    stages: dict[str, Json] = {}
    for name, entry in locks.items():
        node = version.plan.nodes[name]
        beside = PurePosixPath(node.file).with_name("dvc.lock").as_posix()
        stages.setdefault(beside, {})[str(node.name)] = entry
    found = {}
    for path, own in stages.items():
        file = Path(place) / "lock"
        internals.write_yaml(file, {"schema": "2.0", "stages": own})
        found[path] = file.read_text(encoding="utf-8")
    return found


def _ignored(
    clone: SweepClone, version: PipelineVersion, locks: Mapping[str, Json]
) -> dict[str, str]:
    """Return each `.gitignore` that DVC would write beside the outputs that it caches."""
    found: dict[str, str] = {}
    for out in (out for name in locks for out in version.plan.nodes[name].outs):
        if out in version.asked:
            continue
        path = PurePosixPath(out)
        name = (path.parent / ".gitignore").as_posix()
        if name not in found and name in version.blobs:
            blob = version.blobs[name]
            found[name] = clone.store.git("cat-file", "blob", blob) + "\n"
        line = f"/{path.name}\n"
        if line not in found.get(name, "").splitlines(keepends=True):
            found[name] = found.get(name, "") + line
    return found
