"""A project's stages as DVC sees them: what has to run, what each needs, and what a clone lacks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from secateur.parallel.errors import RunError
from secateur.parallel.runner import Stages, entry_of

Json = dict[str, Any]


@dataclass
class Node:
    """A stage, or a `.dvc` file."""

    file: str  # relative to the project's top
    name: str | None
    lock: Json | None  # its entry in dvc.lock
    upstream: list[str]  # in the order in which `dvc repro` runs them
    outs: list[str]  # relative to the project's top
    deps: list[str]
    params: Json  # values, by file
    cmd: Any
    cacheable: bool  # whether DVC keeps its run
    always: bool  # whether it runs each time
    state: str = "run"  # or "unchanged", or "here": left to the last `dvc repro`
    why: str = ""  # it is left


@dataclass
class Plan:
    """What `dvc repro` would go through, in its order, by address."""

    project: Path  # the top of the DVC project
    nodes: dict[str, Node] = field(default_factory=dict)
    cache: str = ""  # the cache's folder
    config: str = ""  # the text of .dvc/config.local
    # Where outputs lie: whether the folder exists, which Git does not track where it is empty, and
    # its .gitignore, which DVC writes and which makes it hash differently.
    folders: dict[str, tuple[bool, str | None]] = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)  # files that clones need, in folders or not
    left_behind: set[str] = field(default_factory=set)  # other files in folders that stages read

    def files(self) -> set[str]:
        """What clones are to have, where Git does not track it."""
        return self.needed | self.left_behind

    def to_run(self) -> list[str]:
        """The stages that workers run."""
        return [name for name, node in self.nodes.items() if node.state == "run"]


def read(targets: Iterable[str] = (), *, all_pipelines: bool = False) -> Plan:
    """Read the DVC project in, or above, the current folder.

    Raises:
        RunError: there is none, DVC cannot read it, or does not know a target.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo, lock_repo
    from dvc.scm import NoSCM

    try:
        with Repo() as repo:
            if isinstance(repo.scm, NoSCM):
                raise RunError(f"{repo.root_dir}: DVC has no Git repository here; clones need one")
            with lock_repo(repo):
                return _read(repo, list(targets), all_pipelines)
    except DvcException as error:
        cause = f": {error.__cause__}" if error.__cause__ else ""
        raise RunError(f"DVC: {' '.join(f'{error}{cause}'.split())}") from None


def _read(repo: Any, targets: list[str], all_pipelines: bool) -> Plan:
    from dvc.dvcfile import PROJECT_FILE
    from dvc.repo import reproduce

    wanted = [] if all_pipelines else reproduce.collect_stages(repo, targets or [PROJECT_FILE])
    graph = reproduce.get_active_graph(repo.index.graph)
    order = reproduce.plan_repro(graph, wanted or None)
    stages = Stages(repo)
    place = {stage: number for number, stage in enumerate(order)}
    plan = Plan(Path(repo.root_dir), cache=repo.cache.legacy.path)
    local = Path(repo.dvc_dir) / "config.local"
    plan.config = local.read_text(encoding="utf-8") if local.exists() else ""
    for stage in order:
        upstream = sorted(graph.successors(stage), key=place.__getitem__)
        node = _node(repo, stages, stage, upstream)
        _judge(node, stage, upstream, [plan.nodes[other.addressing] for other in upstream])
        plan.nodes[stage.addressing] = node
    _leave_what_nobody_needs(plan)
    _look_at_files(repo, plan, {stage.addressing: stage for stage in order})
    return plan


def _node(repo: Any, stages: Stages, stage: Any, upstream: list[Any]) -> Node:
    from dvc.dependency import ParamsDependency

    params = [dep for dep in stage.deps if isinstance(dep, ParamsDependency)]
    return Node(
        file=_inside(repo, stage.path),
        name=stage.name if stage.cmd else None,
        lock=stages.locked(stage) if stage.cmd else entry_of(stage),
        upstream=[other.addressing for other in upstream],
        outs=[_inside(repo, out.fs_path) for out in stage.outs if out.protocol == "local"],
        deps=[_inside(repo, dep.fs_path) for dep in stage.deps
              if dep.protocol == "local" and dep not in params],
        params={dep.def_path: dep.read_params() for dep in params if dep.exists},
        cmd=stage.cmd,
        cacheable=not _not_cacheable(stage),
        always=stage.always_changed,
    )  # fmt: skip


def _judge(node: Node, stage: Any, upstream: list[Any], nodes: list[Node]) -> None:
    """Set the node's state; `nodes` are those upstream."""
    changed = [other for other in nodes if other.state != "unchanged"]
    if not changed and _unchanged(stage, upstream):
        node.state = "unchanged"
        if not stage.cmd and any(out.exists and out.workspace_status() for out in stage.outs):
            stage.save()  # data that were changed after `dvc add`, as `dvc repro` does
            stage.commit(relink=False)
            node.lock = entry_of(stage)
        return
    left = [name for name, other in zip(node.upstream, nodes, strict=True) if other.state == "here"]
    if left:
        node.state, node.why = "here", f"follows from {left[0]}"
    elif not stage.cmd:
        node.state, node.why = "here", "its data are missing, or are imported anew"
    elif stage.frozen:
        node.state, node.why = "here", "frozen, and its outputs are missing"
    elif _only_here(stage):
        node.state, node.why = "here", _only_here(stage)


def _unchanged(stage: Any, upstream: list[Any]) -> bool:
    """As `dvc repro` sees it, but that what is not in the workspace may be in the cache.

    Data of a `.dvc` file that are there are as they are.
    """
    if not stage.cmd and not stage.is_import and all(out.exists for out in stage.outs):
        return True
    if stage.changed(allow_missing=True, upstream=upstream):
        return False
    return all(
        not out.changed_cache() if out.use_cache else not out.workspace_status()
        for out in stage.outs
    )


def _not_cacheable(stage: Any) -> str:
    """Why DVC does not keep the stage's run, after `dvc.stage.cache._can_hash` and `Stage.run`."""
    if not stage.deps:
        return "it has no dependencies"
    if stage.always_changed:
        return "it is `always_changed`"
    if any(dep.protocol != "local" for dep in stage.deps):
        return "it depends on something that is no file here"
    if any(not out.use_cache and not (out.is_metric or out.is_plot) for out in stage.outs):
        return "an output with `cache: false` is neither a metric nor a plot"
    return _only_here(stage)


def _only_here(stage: Any) -> str:
    """Why a run in a clone would be another thing than a run here."""
    if not stage.outs:
        return "it has no outputs"
    if any(out.persist for out in stage.outs):
        return "an output with `persist: true` builds on what is there"
    if any(out.protocol != "local" or not out.is_in_repo for out in stage.outs):
        return "it writes outside the project"
    return ""


def _leave_what_nobody_needs(plan: Plan) -> None:
    """A stage that `dvc repro` runs again in any case runs before only for those that wait."""
    wanted: set[str] = set()
    for name, node in reversed(plan.nodes.items()):
        if node.state == "run":
            if node.always and name not in wanted:
                node.state, node.why = "here", "it is `always_changed`: `dvc repro` runs it again"
            else:
                wanted.update(node.upstream)


def _look_at_files(repo: Any, plan: Plan, stages: dict[str, Any]) -> None:
    """Which files a clone must have besides those that Git tracks."""
    outs = {path for node in plan.nodes.values() for path in node.outs}
    outs |= {_inside(repo, out.fs_path) for out in repo.index.outs if out.protocol == "local"}
    for name in plan.to_run():
        node, stage = plan.nodes[name], stages[name]
        plan.needed.add(node.file)
        for dep in stage.deps:
            if dep.protocol == "local" and dep.fs_path and dep.is_in_repo:
                path = Path(dep.fs_path)
                if path.is_dir():
                    plan.left_behind.update(_files_in(repo, path, outs))
                elif path.exists() and not _is_output(_inside(repo, path), outs):
                    plan.needed.add(_inside(repo, path))
        for other in {name, *node.upstream}:
            for out in plan.nodes[other].outs:
                folder = Path(out).parent
                file = plan.project / folder / ".gitignore"
                text = file.read_text(encoding="utf-8") if file.exists() else None
                plan.folders[str(folder)] = (file.parent.is_dir(), text)
    plan.needed.update(node.file for node in plan.nodes.values() if node.state == "unchanged")
    plan.needed.update(name for name in (".dvcignore", ".dvc/config")
                       if (plan.project / name).exists())  # fmt: skip


def _files_in(repo: Any, folder: Path, outs: set[str]) -> Iterator[str]:
    for path in repo.dvcignore.find(repo.fs, str(folder)):
        name = _inside(repo, path)
        if not _is_output(name, outs):
            yield name


def _is_output(name: str, outs: set[str]) -> bool:
    parts = name.split("/")
    return any("/".join(parts[:end]) in outs for end in range(1, len(parts) + 1))


def _inside(repo: Any, path: str | Path) -> str:
    """Relative to the project's top where it lies there."""
    path = Path(path)
    inside = path.is_relative_to(repo.root_dir)
    return path.relative_to(repo.root_dir).as_posix() if inside else path.as_posix()
