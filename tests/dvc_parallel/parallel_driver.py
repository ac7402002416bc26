"""`parallel_driver.py repro|sweep …`: a command line for tests, as thin as any real one."""

import argparse
import sys
from pathlib import Path


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["repro", "sweep", "dry-run"])
    parser.add_argument("targets", nargs="*")
    parser.add_argument("--all-pipelines", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--scheduler")
    parser.add_argument("--remote")
    for name in ("ca-file", "cert", "key"):
        parser.add_argument(f"--tls-{name}", type=Path)
    parser.add_argument("-S", "--set-param", action="append")
    parser.add_argument("--name")
    parser.add_argument("--force", action="store_true")
    given = vars(parser.parse_args())
    command, sets = given.pop("command"), given.pop("set_param")
    name, force = given.pop("name"), given.pop("force")
    # Imported here: the processes of a local cluster import this script.
    from dvc_parallel import dry_run, repro, sweep
    from dvc_parallel.options import Options

    options = Options(**{**given, "targets": tuple(given["targets"])})
    if command == "sweep":
        return repro.guarded("sweep", lambda: sweep.run(options, sets, name, force))
    if command == "dry-run":
        return repro.guarded("repro", lambda: dry_run.run(options))
    return repro.guarded("repro", lambda: repro.run(options))


if __name__ == "__main__":
    sys.exit(main())
