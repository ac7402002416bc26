"""`repro --dry-run`: which stages a run would run, and why; it runs and writes none."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import dvc_internals as internals
from dvc_parallel import options as checks
from dvc_parallel import plan as planning
from dvc_parallel.options import Options
from dvc_parallel.progress import clock
from dvc_parallel.reasons import reasons
from dvc_parallel.schedule import simulated_seconds
from dvc_parallel.seconds import known_seconds

# "may run": if what it reads of the stages before it comes out other than last time. "commit": the
# data of a `.dvc` file have changed, and DVC notes it. "fail": data are missing that none makes.
How = Literal["run", "may run", "restored", "commit", "fail"]
RUNNING: tuple[How, ...] = ("run", "may run")
WORDS: dict[How, str] = {
    "run": "runs",
    "may run": "may run",
    "restored": "restored from the cache",
    "commit": "its changed data are noted",
    "fail": "cannot run",
}
COUNTED: dict[How, str] = {
    "run": "to run",
    "may run": "that may run",
    "restored": "to restore",
    "commit": "whose data are noted",
    "fail": "that cannot run",
}
SHOWN = 5  # reasons for a stage


@dataclass(frozen=True)
class Expected:
    """What a run would do with a stage."""

    how: How
    why: tuple[str, ...]
    upstream: tuple[str, ...] = ()  # those that run, or may run, before it


def run(options: Options) -> int:
    """Print what `repro` with these options would run, and return the exit status, 0.

    Raises:
        RunError: DVC cannot read the project, or does not know a target.
    """
    checks.check(options)
    with planning.opened() as repo:
        expected = forecast(repo, options.targets, all_pipelines=options.all_pipelines)
        seconds = known_seconds(internals.root_dir(repo))  # those of the workers' stages
    for name, what in expected.items():
        print(f"{name}: {_line(what, seconds.get(name))}")
    print(_summary(expected, seconds, options.jobs), flush=True)
    return 0


def forecast(
    repo: Any, targets: tuple[str, ...] = (), *, all_pipelines: bool = False
) -> dict[str, Expected]:
    """What a run would do, by address, in DVC's order; stages that stay as they are are not in it.

    It is exact for a stage until its inputs come from a stage that runs: that one's outputs may
    turn out to be the same as before, and nobody knows.
    """
    outputs, found = _Outputs(), dict[str, Expected]()
    for raw, upstream in internals.repro_order(repo, targets, all_pipelines=all_pipelines):
        stage = internals.describe(raw)
        before = [internals.describe(other).addressing for other in upstream]
        expected, restored = _expect(repo, raw, stage, before, outputs, found)
        if expected is None:
            continue
        found[stage.addressing] = expected
        if expected.how in ("run", "may run"):
            outputs.run(stage)
        elif restored:
            outputs.restore(stage, restored)
    return found


def _expect(
    repo: Any,
    raw: internals.Raw,
    stage: internals.Stage,
    upstream: list[str],
    outputs: "_Outputs",
    found: dict[str, Expected],
) -> tuple[Expected | None, list[Any] | None]:
    """What a run would do with one stage; where it restores it, its outputs."""
    before = tuple(name for name in upstream if name in found and found[name].how in RUNNING)
    failed = [name for name in upstream if name in found and found[name].how == "fail"]
    if failed:
        return Expected("fail", (f"{failed[0]} fails before it",), before), None
    waits = {} if stage.frozen else outputs.unsettled(stage)
    changes = internals.changes(raw, outputs.restored, frozenset(waits))
    why = tuple(text for change in changes for text in reasons(change))
    if not stage.is_import and (stage.frozen or not stage.cmd):
        if not changes:
            return None, None
        missing = any(change.status in ("deleted", "not in cache") for change in changes)
        return Expected("fail" if missing else "commit", why), None
    if waits and not any(change.what != "output" for change in changes):
        # Where its inputs come out the same, what is missing of its outputs is restored.
        if not changes or internals.outputs_cached(repo, raw):
            return Expected("may run", _conditions(waits), before), None
    elif not changes:
        return None, None
    restored = None if waits else internals.restorable(repo, raw, outputs.restored)
    return Expected("run" if restored is None else "restored", why, before), restored


def _conditions(waits: dict[str, tuple[str, str]]) -> tuple[str, ...]:
    """`if data.txt changes (prepare makes it)`."""
    return tuple(f"if {path} changes ({maker} makes it)" for path, maker in waits.values())


@dataclass
class _Outputs:
    """The outputs of stages that do not stay as they are, by absolute path."""

    restored: dict[str, Any] = field(default_factory=dict)  # raw ones, which the cache has
    makers: dict[str, str] = field(default_factory=dict)  # of all: the stage that makes it
    above: dict[str, str] = field(default_factory=dict)  # the same, by each folder above

    def run(self, stage: internals.Stage) -> None:
        """A stage runs, or may."""
        for out in stage.outs:
            self._add(out.fs_path, stage.addressing)

    def restore(self, stage: internals.Stage, outs: list[Any]) -> None:
        """A stage is restored with these outputs; the workspace has some of them already."""
        for path, out in internals.differing(outs).items():
            self.restored[path] = out
            self._add(path, stage.addressing)

    def unsettled(self, stage: internals.Stage) -> dict[str, tuple[str, str]]:
        """The dependencies that nobody knows before the run, by absolute path.

        Each comes as `dvc.yaml` has it, with the stage that makes it.
        """
        found = {}
        for dep in stage.deps:
            if dep.is_params or dep.protocol != "local" or dep.fs_path in self.restored:
                continue
            places = (dep.fs_path, *map(str, Path(dep.fs_path).parents))
            makers = [self.makers[place] for place in places if place in self.makers]
            maker = makers[0] if makers else self.above.get(dep.fs_path)
            if maker:
                found[dep.fs_path] = dep.def_path, maker
        return found

    def _add(self, path: str, maker: str) -> None:
        self.makers[path] = maker
        for folder in Path(path).parents:
            self.above[str(folder)] = maker


def _line(what: Expected, seconds: float | None) -> str:
    took = f"about {clock(seconds)}" if seconds is not None else "time unknown"
    took = f", {took}" if what.how in RUNNING else ""
    more = [f"and {len(what.why) - SHOWN} more"] if len(what.why) > SHOWN else []
    return f"{WORDS[what.how]}{took}: {'; '.join([*what.why[:SHOWN], *more])}"


def _summary(expected: dict[str, Expected], seconds: dict[str, float], jobs: int) -> str:
    """How many stages of each kind, and about how long they take."""
    if not expected:
        return "nothing to run: everything is up to date"
    counts = Counter(what.how for what in expected.values())
    lines = [", ".join(f"{number} {COUNTED[how]}" for how, number in counts.items())]
    chosen: tuple[How, ...]
    for chosen in (("run",), RUNNING):
        if counts[chosen[-1]]:
            names = [name for name, what in expected.items() if what.how in chosen]
            upstream = {n: [o for o in expected[n].upstream if o in names] for n in names}
            known = {name: seconds[name] for name in names if name in seconds}
            about = f"about {clock(simulated_seconds(upstream, known, jobs))} by the last run"
            more = len(names) - len(known)
            unknown = f", and {more} of unknown time" if more else ""
            which = "what runs" if chosen == ("run",) else "all that may run"
            took = f"{about}, {jobs} at once{unknown}" if known else "no stage's time is known"
            lines.append(f"{which}: {took}")
    return "\n".join(lines)
