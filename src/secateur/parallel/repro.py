"""`secateur repro`: warm the run cache in clones, then let `dvc repro` have the last word."""

import argparse
import contextlib
import fcntl
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from secateur.parallel import cluster, pipeline, runner, snapshot, worker
from secateur.parallel.errors import RunError
from secateur.parallel.view import View
from secateur.parallel.warming import Fetch, Variant, Warming

Json = dict[str, Any]


def run(options: argparse.Namespace) -> int:
    """Reproduce, and return the exit status, `dvc repro`'s in the end.

    Raises:
        RunError: it cannot begin, or the cluster is lost; nothing in the workspace has changed.
    """
    check_options(options)
    plan = pipeline.read(targets=options.targets, all_pipelines=options.all_pipelines)
    if plan.to_run():
        with own_folder(plan.project) as folder:
            store = snapshot.open_store(plan.project, folder)
            commit = store.commit()
            blobs = store.blobs(commit, plan.project)
            variant = Variant("", commit, plan, blobs)
            done = warm([variant], store, folder, options, plan.project)
            adopt(plan, done.get("", {}))
        print("`dvc repro` compares and does what is left:", file=sys.stderr, flush=True)
    return last_word(options)


def adopt(plan: pipeline.Plan, locks: dict[str, Json]) -> None:
    """Put what workers made into the workspace, as `git pull` and `dvc checkout` would.

    `dvc repro` then finds it unchanged, or runs the stage: it compares every hash. Restoring each
    stage from the run cache gives the same, but DVC writes all of `dvc.lock` for each. Where a
    stage that is new to `dvc.lock` is not done, those after it are left to the run cache, so that
    they come into the file in DVC's order. After a failure all are: DVC then takes back the lines
    that it wrote into `.gitignore`.
    """
    if not set(plan.to_run()) <= set(locks):
        return
    from dvc.exceptions import DvcException
    from dvc.logger import set_loggers_level
    from dvc.repo import Repo, lock_repo

    try:
        with (
            set_loggers_level(logging.WARNING),
            Repo(str(plan.project)) as repo,
            lock_repo(repo),
            repo.scm_context(quiet=True),
        ):
            stages, by_file = runner.Stages(repo), dict[str, list[Any]]()
            for entry in _in_order(plan, locks):
                try:
                    known = stages.locked(stages.get(entry))
                    stage = stages.filled(entry)
                    if known == entry["lock"] and not any(o.workspace_status() for o in stage.outs):
                        continue  # as `dvc repro` will see it, too
                    runner.take(repo, stage, remote=None)
                except (DvcException, OSError) as error:  # `dvc repro` says so, or makes it
                    print(f"{entry['name']}: {error}", file=sys.stderr, flush=True)
                else:
                    by_file.setdefault(stage.path, []).append(stage)
            for together in by_file.values():
                together[0].dvcfile._lockfile.dump_stages(together)
    except DvcException as error:  # somebody else uses the workspace, above all
        print(f"DVC: {error}", file=sys.stderr, flush=True)


def _in_order(plan: pipeline.Plan, locks: dict[str, Json]) -> Iterator[Json]:
    """What is done, in DVC's order; nothing new to `dvc.lock` after something that is not done.

    New entries, and new lines of a `.gitignore`, come last in their file.
    """
    complete = True
    for name, node in plan.nodes.items():
        if name in locks and (node.lock or complete):
            yield {"file": node.file, "name": node.name, "lock": locks[name]}
        elif node.state != "unchanged" and not node.lock:
            complete = False


def last_word(options: argparse.Namespace) -> int:
    """A plain `dvc repro`: takes from the run cache what is right, and runs the rest itself."""
    command = [sys.executable, "-m", "dvc", "repro", "--keep-going"]
    command += ["--all-pipelines"] if options.all_pipelines else []
    sys.stdout.flush()
    with subprocess.Popen([*command, *options.targets]) as process:
        # Ctrl-C reaches DVC too, which ends its stage first.
        with contextlib.suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            status = process.wait()
        except KeyboardInterrupt:  # SIGTERM or SIGHUP, which nobody else has got
            for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                with contextlib.suppress(psutil.Error, ProcessLookupError):
                    one.terminate()
            process.wait()
            raise
        finally:
            with contextlib.suppress(ValueError):
                signal.signal(signal.SIGINT, signal.default_int_handler)
    return 1 if status else 0


def warm(
    variants: Sequence[Variant],
    store: snapshot.Store,
    folder: Path,
    options: argparse.Namespace,
    home: Path,
) -> dict[str, dict[str, Json]]:
    """Have the workers of the cluster that was asked for run all that is to run.

    `home` is the project that keeps what is known of how long stages take. The result has, by
    variant and stage, the entry in `dvc.lock` of what is done. Where a cluster of our own breaks
    down, that is what was done until then.

    Raises:
        RunError: the cluster cannot be used, or is lost.
    """
    plan = variants[0].plan
    bundle = store.bundle(list(dict.fromkeys(variant.snapshot for variant in variants)))
    extras = _extras(variants, store, local=not options.scheduler)
    remote = find_remote(plan.project, options.remote) if options.scheduler else None
    if remote:
        _push_what_is_known(variants, remote)
    environment = {key: os.environ[key] for key in worker.THREADS if key in os.environ}
    if options.scheduler:
        security = cluster.security(
            options.scheduler, options.tls_ca_file, options.tls_cert, options.tls_key
        )
        connect = cluster.remote(options.scheduler, security)
    else:
        connect = cluster.local(options.jobs, folder / "workers")
    known = _known_seconds(home)
    fetch = Fetch(plan.project, remote) if remote else None
    total = sum(len(variant.plan.to_run()) for variant in variants)
    locks: dict[str, dict[str, Json]] = {variant.label: {} for variant in variants}
    how = f"on {options.scheduler}" if options.scheduler else f"{options.jobs} at once"
    print(f"{total} stages to run, {how}", file=sys.stderr, flush=True)
    try:
        with connect as client, View(total, verbose=options.verbose) as view:
            if options.scheduler:
                cluster.check_versions(client)
            session = worker.Session(
                name=f"{worker.SESSION}{client.id}",
                jobs=None if options.scheduler else options.jobs,
                bundle=bundle,
                project=plan.project.resolve().relative_to(store.top.resolve()).as_posix(),
                runner=Path(runner.__file__).read_text(encoding="utf-8"),
                cache=None if options.scheduler else plan.cache,
                config="" if options.scheduler else plan.config,
                extras=extras,
                workspace=str(store.top),
                remote=remote,
                versions=worker.versions() if options.scheduler else None,
                environment=environment,
                topic=f"{worker.SESSION}{client.id}",
            )
            cluster.begin(client, session)
            try:
                Warming(client, session, variants, view, fetch, known, locks).run()
                for fault in fetch.finish() if fetch else ():
                    view.say(f"{fault}; `dvc repro` runs it here")
                view.say(view.summary())
            finally:
                cluster.end(client, session)
    except RunError:
        raise
    except Exception as error:
        if options.scheduler:
            raise RunError(f"the cluster is lost: {type(error).__name__}: {error}") from None
        print(f"the workers are lost ({type(error).__name__}: {error}); `dvc repro` does the rest",
              file=sys.stderr, flush=True)  # fmt: skip
    finally:
        if fetch:
            fetch.stop()
        _keep_seconds(home, known)
    return locks


def check_options(options: argparse.Namespace) -> None:
    """Raise RunError for options that do not go together."""
    given = {"--remote": options.remote, "--tls-ca-file": options.tls_ca_file,
             "--tls-cert": options.tls_cert, "--tls-key": options.tls_key}  # fmt: skip
    for name, value in given.items():
        if value and not options.scheduler:
            raise RunError(f"{name} goes with --scheduler")


@contextlib.contextmanager
def own_folder(project: Path) -> Iterator[Path]:
    """A folder for this run alone, on the workspace's disk; whatever an earlier one left goes.

    Raises:
        RunError: another run is under way in this workspace.
    """
    base = project / ".dvc/tmp/secateur"
    base.mkdir(parents=True, exist_ok=True)
    with (base / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunError(f"{project}: another `secateur` is running here") from None
        for left in base.glob("run-*"):
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=base))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def find_remote(project: Path, name: str | None) -> Json:
    """The DVC remote that data go through.

    Raises:
        RunError: there is none, or it cannot be used.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    with Repo(str(project)) as repo:
        chosen = name or repo.config["core"].get("remote")
        if not chosen:
            raise RunError(
                "workers on other machines get data through a DVC remote, and there is no default "
                "one: `dvc remote add --default NAME URL`, or --remote NAME"
            )
        if chosen not in repo.config["remote"]:
            known = ", ".join(repo.config["remote"]) or "none"
            raise RunError(f"--remote {chosen}: DVC has no such remote; known: {known}")
        try:
            repo.cloud.get_remote_odb(chosen, "push")
        except DvcException as error:
            raise RunError(f"remote {chosen}: {error}") from None
        url = repo.config["remote"][chosen]["url"]
    return {"name": chosen, "url": url, "waits": list(runner.WAITS)}


def _extras(variants: Sequence[Variant], store: snapshot.Store, *, local: bool) -> list[str]:
    """Files that clones need and Git does not track, relative to the repository's top.

    Raises:
        RunError: workers on other machines would need some.
    """
    project = variants[0].plan.project
    prefix = project.resolve().relative_to(store.top.resolve())
    needed: set[str] = set()
    behind: set[str] = set()
    for variant in variants:
        tracked = set(variant.blobs)
        needed |= variant.plan.needed - tracked
        behind |= variant.plan.left_behind - tracked
    # An experiment's parameters are in its snapshot.
    if not local and needed:
        raise RunError(
            "workers get only what Git or DVC tracks; `git add` (or `dvc add`) these first: "
            + ", ".join(sorted(needed))
        )
    if not local and behind:
        print(f"not sent, as Git does not track them: {', '.join(sorted(behind)[:10])}", flush=True)
    return sorted((prefix / name).as_posix() for name in (needed | behind if local else ()))


def _push_what_is_known(variants: Sequence[Variant], remote: Json) -> None:
    """Outputs that are up to date here, and that stages which run elsewhere read."""
    from dvc.repo import Repo

    with Repo(str(variants[0].plan.project)) as repo:
        stages = runner.Stages(repo)
        wanted = {}
        for variant in variants:
            nodes = variant.plan.nodes
            for name in variant.plan.to_run():
                wanted.update({other: nodes[other] for other in nodes[name].upstream
                               if nodes[other].state == "unchanged"})  # fmt: skip
        entries = [{"file": n.file, "name": n.name, "lock": n.lock} for n in wanted.values()]
        try:
            runner.push(repo, [stages.filled(entry) for entry in entries], remote)
        except Exception as error:
            raise RunError(f"remote {remote['name']}: {error}") from None


def _known_seconds(project: Path) -> dict[str, float]:
    """How long stages took when they ran last, by address; nothing rests on it but their order."""
    try:
        known = json.loads((project / ".dvc/tmp/secateur/seconds.json").read_text())
        return {str(name): float(value) for name, value in known.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _keep_seconds(project: Path, seconds: dict[str, float]) -> None:
    path = project / ".dvc/tmp/secateur/seconds.json"
    path.with_suffix(".new").write_text(json.dumps(seconds))
    path.with_suffix(".new").replace(path)
