"""A project's stages as DVC sees them: what has to run, and what each needs."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from secateur.parallel.errors import RunError
from secateur.parallel.needs import Needs, inside, needs_of
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


@dataclass
class Plan:
    """What `dvc repro` would go through, in its order, by address."""

    project: Path  # the top of the DVC project
    nodes: dict[str, Node] = field(default_factory=dict)
    cache: str = ""  # the cache's folder
    config: str = ""  # the text of .dvc/config.local
    needs: Needs = field(default_factory=Needs)

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
    running = {name: plan.nodes[name] for name in plan.to_run()}
    beside = {other for node in running.values() for other in node.upstream}
    plan.needs = needs_of(
        repo,
        [stage for stage in order if stage.addressing in running],
        files={node.file for node in plan.nodes.values() if node.state != "here"},
        outs={out for name in (*running, *beside) for out in plan.nodes[name].outs},
    )
    return plan


def _node(repo: Any, stages: Stages, stage: Any, upstream: list[Any]) -> Node:
    from dvc.dependency import ParamsDependency

    params = [dep for dep in stage.deps if isinstance(dep, ParamsDependency)]
    file = inside(repo, stage.path)
    return Node(
        file=file,
        name=stage.name if stage.cmd else None,
        lock=stages.locked({"file": file, "name": stage.name}) if stage.cmd else entry_of(stage),
        upstream=[other.addressing for other in upstream],
        outs=[inside(repo, out.fs_path) for out in stage.outs if out.protocol == "local"],
        deps=[inside(repo, dep.fs_path) for dep in stage.deps
              if dep.protocol == "local" and dep not in params],
        params={dep.def_path: dep.read_params() for dep in params if dep.exists},
        cmd=stage.cmd,
        cacheable=_cacheable(stage),
        always=stage.always_changed,
    )  # fmt: skip


def _judge(node: Node, stage: Any, upstream: list[Any], nodes: list[Node]) -> None:
    """Set the node's state; `nodes` are those upstream."""
    if all(other.state == "unchanged" for other in nodes) and _unchanged(stage, upstream):
        node.state = "unchanged"
        if not stage.cmd and any(out.exists and out.workspace_status() for out in stage.outs):
            stage.save()  # data that were changed after `dvc add`, as `dvc repro` does
            stage.commit(relink=False)
            node.lock = entry_of(stage)
    elif (
        any(other.state == "here" for other in nodes)
        or not stage.cmd  # its data are missing, or are imported anew
        or stage.frozen  # and its outputs are missing
        or _only_here(stage)
    ):
        node.state = "here"


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


def _cacheable(stage: Any) -> bool:
    """Whether DVC keeps the stage's run, after `dvc.stage.cache._can_hash` and `Stage.run`."""
    return (
        bool(stage.deps)
        and not stage.always_changed
        and all(dep.protocol == "local" for dep in stage.deps)
        and all(out.use_cache or out.is_metric or out.is_plot for out in stage.outs)
        and not _only_here(stage)
    )


def _only_here(stage: Any) -> bool:
    """Whether a run in a clone would be another thing than a run here.

    That is one which writes nothing, outside the project, or on top of what is there (`persist`).
    """
    return not stage.outs or any(
        out.persist or out.protocol != "local" or not out.is_in_repo for out in stage.outs
    )


def _leave_what_nobody_needs(plan: Plan) -> None:
    """A stage that `dvc repro` runs again in any case runs before only for those that wait."""
    wanted: set[str] = set()
    for name, node in reversed(plan.nodes.items()):
        if node.state == "run":
            if node.always and name not in wanted:
                node.state = "here"
            else:
                wanted.update(node.upstream)
