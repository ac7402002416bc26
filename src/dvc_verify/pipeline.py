"""A DVC project's stages and outputs, as DVC reads them."""

from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

import dvc_internals
from dvc_internals import Stage
from dvc_verify.errors import CheckError, one_line
from dvc_verify.paths import normal, overlap


class Pipeline(NamedTuple):
    """The stages of one `dvc.yaml`; paths are relative to the project's folder."""

    folders: dict[str, str]  # by stage, the folder of its paths in dvc.lock
    outputs: set[str]
    in_git: set[str]  # outputs that DVC does not cache
    metrics: set[str]  # metrics files
    figures: set[str]  # other JSON files that only Git holds
    measured: set[str]  # outputs that never repeat; they are in none of the three sets above
    status: dict[str, list[Any]]  # by stage, what `dvc status` lists of it
    all_outputs: list[str]  # of every stage of the repository, relative to its top
    elsewhere: list[str]  # other files with stages; they are not part of the pipeline


def read(project: Path) -> Pipeline:
    """Read the pipeline of the `dvc.yaml` in a folder; pull what `.dvc` files track.

    Raises:
        CheckError: DVC cannot read it, a stage is frozen, one writes outside the project, or one
            depends on an output that never repeats.
    """
    own = str(project / "dvc.yaml")
    try:
        with dvc_internals.open_repo(project) as repo:
            top = dvc_internals.root_dir(repo)
            found = dvc_internals.stages(repo)
            results = [stage for stage in found if not stage.is_data_source]
            stages = {str(stage.name): stage for stage in results if stage.path == own}
            _refuse_frozen(stages)  # `dvc status` does not look at frozen stages
            measured = _measured(project, stages)
            sources = [stage.addressing for stage in found if stage.is_data_source]
            if sources:
                dvc_internals.pull(repo, sources)
            status = dvc_internals.status(repo)
    except dvc_internals.DvcException as error:
        raise CheckError(f"DVC cannot read the project: {one_line(error)}") from None
    outputs, in_git, metrics = _outputs(project, stages)
    metrics |= _listed_metrics(project)
    return Pipeline(
        folders={name: _relative(stage.wdir, project) for name, stage in stages.items()},
        outputs=outputs,
        in_git=in_git - measured,
        metrics=metrics - measured,
        figures={path for path in in_git if path.endswith(".json")} - metrics - measured,
        measured=measured,
        status={n: status[s.addressing] for n, s in stages.items() if s.addressing in status},
        all_outputs=[
            _relative(out.fs_path, top)
            for stage in results
            for out in stage.outs
            if Path(out.fs_path).is_relative_to(top)
        ],
        elsewhere=sorted({stage.path_in_repo for stage in results if stage.path != own}),
    )


def _refuse_frozen(stages: dict[str, Stage]) -> None:
    frozen = [name for name, stage in stages.items() if stage.frozen]
    if frozen:
        raise CheckError(
            f"These stages are frozen: {', '.join(frozen)}. `dvc repro` would not run them; "
            "unfreeze them."
        )


def _measured(project: Path, stages: dict[str, Stage]) -> set[str]:
    """The outputs that never repeat; no stage may read one: its own outputs would differ, too."""
    every = [out for stage in stages.values() for out in stage.outs if out.measured]
    found = {_relative(out.fs_path, project) for out in every if _within(out.fs_path, project)}
    for name, stage in stages.items():
        for dep in stage.deps:
            for path in found if _within(dep.fs_path, project) else ():
                if overlap(_relative(dep.fs_path, project), path):
                    raise CheckError(
                        f"{name} depends on {dep.def_path}, and {path} is labelled as measured: no "
                        "run repeats it. Leave the dependency out."
                    )
    return found


def _within(path: str, folder: Path) -> bool:
    return bool(path) and Path(path).is_relative_to(folder)


def _outputs(project: Path, stages: dict[str, Stage]) -> tuple[set[str], set[str], set[str]]:
    """All outputs, those that only Git holds, and those that are metrics."""
    outputs, in_git, metrics = set(), set(), set()
    for name, stage in stages.items():
        for out in stage.outs:
            if not Path(out.fs_path).is_relative_to(project):
                raise CheckError(f"{name} writes {out.def_path}, which is outside the project.")
            path = _relative(out.fs_path, project)
            outputs.add(path)
            if not out.use_cache:
                in_git.add(path)
            if out.metric:
                metrics.add(path)
    return outputs, in_git, metrics


def _listed_metrics(project: Path) -> set[str]:
    """The files in the section `metrics` of `dvc.yaml`."""
    listed = YAML(typ="safe", pure=True).load(project / "dvc.yaml").get("metrics") or []
    return {normal(".", item if isinstance(item, str) else next(iter(item))) for item in listed}


def _relative(path: str, folder: Path) -> str:
    return Path(path).relative_to(folder).as_posix()
