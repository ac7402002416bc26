"""What a user can choose for a run."""

import os
from dataclasses import dataclass
from pathlib import Path

from dvc_parallel.errors import RunError


@dataclass(frozen=True)
class Options:
    """The options that `repro` and `sweep` have in common."""

    targets: tuple[str, ...] = ()  # as for `dvc repro`: stages or files
    all_pipelines: bool = False  # of the whole repository
    jobs: int = os.cpu_count() or 1  # stages at once, on this machine
    scheduler: str | None = None  # the address of a Dask scheduler, to use its workers instead
    remote: str | None = None  # the DVC remote between them and this machine; None: the default
    tls_ca_file: Path | None = None  # PEM, of the authority that signed the scheduler's certificate
    tls_cert: Path | None = None  # PEM, this client's certificate
    tls_key: Path | None = None  # PEM, its private key
    verbose: bool = False  # show what each stage printed


def check(options: Options) -> None:
    """Raise RunError for options that do not go together."""
    if options.jobs < 1:
        raise RunError(f"--jobs {options.jobs}: must be at least 1")
    for name, value in (
        ("--remote", options.remote),
        ("--tls-ca-file", options.tls_ca_file),
        ("--tls-cert", options.tls_cert),
        ("--tls-key", options.tls_key),
    ):
        if value and not options.scheduler:
            raise RunError(f"{name} goes with --scheduler")
