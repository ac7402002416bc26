"""Which stages of a project have to run, and what each needs, as DVC sees it."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import dvc_internals as internals
from dvc_parallel import clone_contents, lock_backup
from dvc_parallel.clone_contents import CloneContents, relative
from dvc_parallel.errors import RunError

Json = dict[str, Any]
# "run": a worker runs it. "unchanged": nobody does. "here": the last `dvc repro` does, if anyone.
State = Literal["run", "unchanged", "here"]


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
    cacheable: bool  # whether DVC keeps its run in the run cache
    always: bool  # whether it runs each time
    state: State = "run"


@dataclass
class Plan:
    """What `dvc repro` would go through."""

    project: Path  # the top of the DVC project
    nodes: dict[str, Node] = field(default_factory=dict)  # by address, in DVC's order
    cache: str = ""  # the cache's folder
    config: str = ""  # the text of .dvc/config.local
    contents: CloneContents = field(default_factory=CloneContents)

    def to_run(self) -> list[str]:
        """The stages that workers run."""
        return [name for name, node in self.nodes.items() if node.state == "run"]


def read(targets: Sequence[str] = (), *, all_pipelines: bool = False, whole: bool = False) -> Plan:
    """Read the DVC project in, or above, the current folder.

    The plan's contents are those of the stages that are to run; of all stages where `whole` is set.

    Raises:
        RunError: there is none, DVC cannot read it, or does not know a target.
    """
    with opened() as repo, internals.params_files_read_once():
        lock_backup.mend(internals.root_dir(repo))
        return _read(repo, targets, all_pipelines, whole)


def mend() -> None:
    """Put right what a killed run left half-written; `read` does it, too.

    Raises:
        RunError: as `opened`.
    """
    with opened() as repo:
        lock_backup.mend(internals.root_dir(repo))


@contextlib.contextmanager
def opened() -> Iterator[Any]:
    """The DVC project in, or above, the current folder, which no other process of DVC's uses.

    Raises:
        RunError: there is none, or DVC raised an error in the block.
    """
    try:
        with internals.open_repo() as repo:
            if not internals.has_git(repo):
                top = internals.root_dir(repo)
                raise RunError(f"{top}: DVC has no Git repository here; clones need one")
            with internals.lock(repo):
                internals.mend_rwlock(repo)
                yield repo
    except internals.DvcException as error:
        cause = f": {error.__cause__}" if error.__cause__ else ""
        raise RunError(f"DVC: {' '.join(f'{error}{cause}'.split())}") from None


def _read(repo: Any, targets: Sequence[str], all_pipelines: bool, whole: bool) -> Plan:
    project, files = internals.root_dir(repo), internals.StageFiles(repo)
    plan = Plan(project, cache=internals.cache_dir(repo))
    local = project / ".dvc/config.local"
    plan.config = local.read_text(encoding="utf-8") if local.exists() else ""
    stages: dict[str, internals.Stage] = {}
    addresses: dict[internals.Raw, str] = {}
    for raw, upstream in internals.repro_order(repo, targets, all_pipelines=all_pipelines):
        stage = internals.describe(raw)
        before = [addresses[other] for other in upstream]
        node = _node(project, files, stage, raw, before)
        _set_state(node, stage, raw, upstream, [plan.nodes[other] for other in before])
        address = addresses[raw] = stage.addressing
        plan.nodes[address], stages[address] = node, stage
    _leave_what_no_worker_waits_for(plan)
    running = list(plan.nodes) if whole else plan.to_run()
    before_running = {other for name in running for other in plan.nodes[name].upstream}
    plan.contents = clone_contents.collect(
        repo,
        [stages[name] for name in running],
        files={node.file for node in plan.nodes.values() if node.state != "here"},
        outs={out for name in (*running, *before_running) for out in plan.nodes[name].outs},
    )
    return plan


def _node(
    project: Path,
    files: internals.StageFiles,
    stage: internals.Stage,
    raw: internals.Raw,
    upstream: list[str],
) -> Node:
    file = relative(stage.path, project)
    local_deps = [dep for dep in stage.deps if dep.protocol == "local" and not dep.is_params]
    return Node(
        file=file,
        name=stage.name,
        lock=files.locked(file, stage.name) if stage.cmd else internals.lock_entry(raw),
        upstream=upstream,
        outs=[relative(out.fs_path, project) for out in stage.outs if out.protocol == "local"],
        deps=[relative(dep.fs_path, project) for dep in local_deps],
        params=internals.params(raw),
        cmd=stage.cmd,
        cacheable=_cacheable(stage),
        always=stage.always_changed,
    )


def _set_state(
    node: Node,
    stage: internals.Stage,
    raw: internals.Raw,
    upstream: list[internals.Raw],
    nodes: list[Node],
) -> None:
    """Decide who runs the stage; `nodes` are those upstream."""
    if all(other.state == "unchanged" for other in nodes) and internals.unchanged(raw, upstream):
        node.state = "unchanged"
        if not stage.cmd and internals.commit_changed_data(raw):
            node.lock = internals.lock_entry(raw)
    elif (
        any(other.state == "here" for other in nodes)
        or not stage.cmd  # its data are missing, or are imported anew
        or stage.frozen  # and its outputs are missing
        or _differs_in_a_clone(stage)
        or any(out.measured for out in stage.outs)  # with nothing beside it
    ):
        node.state = "here"


def _cacheable(stage: internals.Stage) -> bool:
    """Whether DVC keeps the stage's run, after `dvc.stage.cache._can_hash` and `Stage.run`."""
    return (
        bool(stage.deps)
        and not stage.always_changed
        and all(dep.protocol == "local" for dep in stage.deps)
        and all(out.use_cache or out.metric or out.plot for out in stage.outs)
        and not _differs_in_a_clone(stage)
    )


def _differs_in_a_clone(stage: internals.Stage) -> bool:
    """Whether a run in a clone does something else than a run here.

    A stage may write nothing, write outside the project, or add to what is there (`persist`).
    """
    return not stage.outs or any(
        out.persist or out.protocol != "local" or not out.is_in_repo for out in stage.outs
    )


def _leave_what_no_worker_waits_for(plan: Plan) -> None:
    """Leave to `dvc repro` what it runs again in any case, unless a worker's stage needs it."""
    wanted: set[str] = set()
    for name, node in reversed(plan.nodes.items()):
        if node.state == "run":
            if node.always and name not in wanted:
                node.state = "here"
            else:
                wanted.update(node.upstream)
