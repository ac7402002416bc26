"""One run's cluster: connecting to it, and what its workers are given."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from secateur import files
from secateur.parallel import cluster, runner, snapshot, worker
from secateur.parallel.errors import RunError
from secateur.parallel.remote import Fetch, find_remote, push_what_is_known
from secateur.parallel.variant import Variant
from secateur.parallel.view import View
from secateur.parallel.warming import Warming

Json = dict[str, Any]
SECONDS = ".dvc/tmp/secateur/seconds.json"


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
        push_what_is_known([variant.plan for variant in variants], remote)
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
        needed |= variant.plan.needs.files - tracked
        behind |= variant.plan.needs.left_behind - tracked
    # An experiment's parameters are in its snapshot.
    if not local and needed:
        raise RunError(
            "workers get only what Git or DVC tracks; `git add` (or `dvc add`) these first: "
            + ", ".join(sorted(needed))
        )
    if not local and behind:
        print(f"not sent, as Git does not track them: {', '.join(sorted(behind)[:10])}", flush=True)
    return sorted((prefix / name).as_posix() for name in (needed | behind if local else ()))


def _known_seconds(project: Path) -> dict[str, float]:
    """How long stages took when they ran last, by address; nothing rests on it but their order."""
    try:
        known = json.loads((project / SECONDS).read_text())
        return {str(name): float(value) for name, value in known.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _keep_seconds(project: Path, seconds: dict[str, float]) -> None:
    files.write_json(project / SECONDS, seconds)
