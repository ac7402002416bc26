"""One run on a cluster: connects, sets up its workers, and has them run all stages."""

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import dvc_internals
from dvc_parallel import cluster, runner, snapshot, worker
from dvc_parallel.dispatch import Dispatcher, Source
from dvc_parallel.errors import RunError
from dvc_parallel.options import Options
from dvc_parallel.progress import Progress
from dvc_parallel.remote import Fetch, find_remote, push_known_outputs
from dvc_parallel.seconds import keep_seconds, known_seconds
from dvc_parallel.version import PipelineVersion
from dvc_parallel.versions import versions as installed

Json = dict[str, Any]


def run_stages(
    versions: Sequence[PipelineVersion],
    store: snapshot.Store,
    folder: Path,
    options: Options,
    home: Path,
    source: Source | None = None,
    beside: Callable[[], Any] | None = None,
    locks: dict[str, dict[str, Json]] | None = None,
) -> dict[str, dict[str, Json]]:
    """Have workers run all stages that are to run; return their entries in `dvc.lock`.

    The result has the entry of each stage that is done, by version and address. `home` is the
    project that remembers how long stages take, and keeps what they have done. Where this machine's
    own cluster breaks down, the result has what was done until then. `source` gives further
    versions of the same snapshots, which read no other files than `versions`. `beside` returns what
    `rich` shows under the table of the stages. `locks` is a dictionary for the result, to be read
    while the run goes on.

    Raises:
        RunError: the cluster cannot be used, or is lost.
    """
    plan = versions[0].plan
    bundle = store.bundle(list(dict.fromkeys(version.snapshot for version in versions)))
    extras = _extras(versions, store, local=not options.scheduler)
    remote = find_remote(plan.project, options.remote) if options.scheduler else None
    if remote:
        push_known_outputs([version.plan for version in versions], remote)
    connect = _connect(options, folder)
    seconds = known_seconds(home)
    fetch = Fetch(plan.project, remote) if remote else None
    total = sum(len(version.plan.to_run()) for version in versions)
    locks = {} if locks is None else locks
    locks |= {version.label: {} for version in versions}
    where = f"on {options.scheduler}" if options.scheduler else f"{options.jobs} at once"
    stages = f"{total} stage{'s' * (total != 1)}"
    # Most may come out as they were before: of what follows a change, nobody knows that yet.
    print(f"{stages} to check or run, {where}", file=sys.stderr, flush=True)
    try:
        with connect as client, _progress(total, options, beside) as progress:
            if options.scheduler:
                cluster.check_versions(client)
            setup = worker.WorkerSetup(
                name=f"{worker.PREFIX}{client.id}",
                jobs=None if options.scheduler else options.jobs,
                bundle=bundle,
                project=plan.project.resolve().relative_to(store.top.resolve()).as_posix(),
                scripts=scripts(),
                cache=None if options.scheduler else plan.cache,
                config="" if options.scheduler else plan.config,
                extras=extras,
                workspace=str(store.top),
                home=str(home.resolve()),
                remote=remote,
                versions=installed() if options.scheduler else None,
                environment={n: os.environ[n] for n in worker.THREADS if n in os.environ},
            )
            cluster.begin(client, setup)
            try:
                Dispatcher(
                    client, setup, list(versions), progress, fetch, seconds, locks, source
                ).run()
                for fault in fetch.finish() if fetch else ():
                    progress.say(f"{fault}; `dvc repro` runs it here")
                progress.say(progress.summary())
            finally:
                cluster.end(client, setup)
    except RunError:
        raise
    except Exception as error:
        if options.scheduler:
            raise RunError(f"the cluster is lost: {type(error).__name__}: {error}") from None
        if source:  # no `dvc repro` follows
            raise RunError(f"{type(error).__name__}: {error}") from error
        print(
            f"the workers are lost ({type(error).__name__}: {error}); `dvc repro` does the rest",
            file=sys.stderr,
            flush=True,
        )
    finally:
        if fetch:
            fetch.stop()
        keep_seconds(home, seconds)
    return locks


def _progress(total: int, options: Options, beside: Callable[[], Any] | None) -> Progress:
    return Progress(total, verbose=options.verbose, quiet=beside is not None, beside=beside)


def _connect(options: Options, folder: Path) -> contextlib.AbstractContextManager[Any]:
    """A client of the scheduler, or of a cluster of this machine's own."""
    if not options.scheduler:
        return cluster.local(options.jobs, folder / "workers")
    files = options.tls_ca_file, options.tls_cert, options.tls_key
    return cluster.remote(options.scheduler, cluster.security(options.scheduler, *files))


def scripts() -> dict[str, str]:
    """The source texts that run stages on a worker, by file name."""
    paths = [Path(str(module.__file__)) for module in (runner, dvc_internals)]
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def _extras(
    versions: Sequence[PipelineVersion], store: snapshot.Store, *, local: bool
) -> list[str]:
    """Files that clones need and Git does not track, relative to the repository's top.

    Raises:
        RunError: workers on other machines would need some.
    """
    project = versions[0].plan.project
    prefix = project.resolve().relative_to(store.top.resolve())
    required: set[str] = set()
    optional: set[str] = set()
    for version in versions:  # the snapshot of a set in a sweep has its parameter files
        tracked = set(version.blobs)
        required |= version.plan.contents.required - tracked
        optional |= version.plan.contents.optional - tracked
    if local:
        return sorted((prefix / name).as_posix() for name in required | optional)
    modules = store.submodules(versions[0].snapshot)
    for name in sorted(required | optional):
        inside = modules.intersection(map(str, (prefix / name).parents))
        if inside:
            raise RunError(
                f"workers of a scheduler get no Git submodule, and a stage reads {name} of "
                f"{inside.pop()}; run it with --jobs, or have its files in this repository"
            )
    if required:
        raise RunError(
            "workers get only what Git or DVC tracks; `git add` (or `dvc add`) these first: "
            + ", ".join(sorted(required))
        )
    if optional:
        names = ", ".join(sorted(optional)[:10])
        print(f"not sent, as Git does not track them: {names}", flush=True)
    return []
