"""Whether a committed `dvc.lock` can be what the committed code and parameters gave."""

import posixpath
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from secateur.ci.differences import Lock, touch
from secateur.errors import one_line


class NotChecked(Exception):  # noqa: N818  what happened, not what is wrong
    """Why the results could not be checked."""


class Pipeline(NamedTuple):
    """What `dvc.yaml` says; paths are relative to the project's folder."""

    folders: dict[str, str]  # by stage, the folder that its paths in dvc.lock are relative to
    outs: set[str]
    in_git: set[str]  # outputs that DVC does not cache
    metrics: set[str]


def read(project: Path, folders: dict[str, str]) -> Lock:
    """The stages of a project's dvc.lock; raises NotChecked if there is none that can be read."""
    path = project / "dvc.lock"
    if not path.exists():
        raise NotChecked(
            "dvc.lock is missing here: run this in the project's folder, or `dvc repro` and commit"
        )
    try:
        stages = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))["stages"]
        for name, stage in stages.items():
            for item in [*stage.get("outs", ()), *stage.get("deps", ())]:
                item["path"] = _normal(folders.get(name, "."), item["path"])
        return dict(stages)
    except Exception as error:  # the parser has many; so have files of another shape
        raise NotChecked(f"dvc.lock is damaged: {one_line(error)}") from None


def read_fresh(project: Path) -> tuple[Pipeline, Lock]:
    """The pipeline and its lock.

    Raises:
        NotChecked: code, parameters or commands are not those of the lock, or there is none.
    """
    read(project, {})  # before DVC is imported, which takes a second
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(project)) as repo:
            everything = [stage for stage in repo.index.stages if not stage.is_data_source]
            own = str(project / "dvc.yaml")
            stages = [stage for stage in everything if stage.path == own]
            pipeline = _pipeline(project, stages)
            names = {stage.addressing: stage.name for stage in stages}
            frozen = [stage.name for stage in stages if stage.frozen]
            sources = [stage.addressing for stage in repo.index.stages if stage.is_data_source]
            if sources:
                repo.pull(sources)
            status = {names[stage]: how for stage, how in repo.status().items() if stage in names}
            made = [  # as DVC's status names them
                Path(out.fs_path).relative_to(repo.root_dir).as_posix()
                for stage in everything
                for out in stage.outs
                if Path(out.fs_path).is_relative_to(repo.root_dir)
            ]
    except DvcException as error:
        raise NotChecked(f"DVC cannot read the project: {one_line(error)}") from None
    others = {s.path_in_repo for s in everything if s.path != own}
    if others:
        print(f"verify: not looked at: {', '.join(sorted(others))}; run this in their folders")
    if frozen:
        raise NotChecked(f"frozen stages are not reproduced: {', '.join(frozen)}; unfreeze them")
    lock = read(project, pipeline.folders)
    _refuse(lock, status, made, pipeline.folders)
    return pipeline, lock


def _refuse(
    lock: Lock, status: dict[str, Any], outs: Collection[str], stages: Collection[str]
) -> None:
    missing = [name for name in stages if name not in lock]
    if missing:
        raise NotChecked(
            f"dvc.lock has no entry for {', '.join(missing)}: an interrupted run? `dvc repro` "
            "finishes it; then commit dvc.lock"
        )
    stale = [f"{stage}: {why}" for stage in status for why in _why_stale(status[stage], outs)]
    if stale:
        raise NotChecked(
            "dvc.lock is stale: changed after it was written, so that `dvc repro` has to run and "
            "its results to be committed:\n" + "\n".join(stale)
        )


def _pipeline(project: Path, stages: list[Any]) -> Pipeline:
    folders = {stage.name: Path(stage.wdir).relative_to(project).as_posix() for stage in stages}
    listed = YAML(typ="safe", pure=True).load(project / "dvc.yaml").get("metrics") or []
    metrics = {_normal(".", item if isinstance(item, str) else next(iter(item))) for item in listed}
    outs, in_git = set(), set()
    for stage in stages:
        for out in stage.outs:
            if not Path(out.fs_path).is_relative_to(project):
                raise NotChecked(f"{stage.name} writes {out.def_path}, outside the project")
            path = Path(out.fs_path).relative_to(project).as_posix()
            outs.add(path)
            if out.metric:
                metrics.add(path)
            if not out.use_cache:
                in_git.add(path)
    return Pipeline(folders, outs, in_git, metrics)


def _why_stale(changes: list[Any], outs: Collection[str]) -> Iterator[str]:
    """What DVC says has changed, but for outputs: a clone has none, and they are compared later."""
    for change in changes:
        if isinstance(change, str):  # "changed command", or "always changed", which is not stale
            yield from () if change == "always changed" else (change,)
            continue
        for path, what in change.get("changed deps", {}).items():
            if isinstance(what, dict):  # parameters by name
                yield from (f"{path}: {name} {how}" for name, how in what.items())
            elif not any(touch(path, out) for out in outs):
                yield f"{path} {what}"


def _normal(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))
