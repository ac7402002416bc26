"""`secateur repro` and `secateur sweep`: many stages at once, in any DVC project.

Exit status: 0 all is reproduced; 1 a stage failed; 2 it could not begin or go on; 130 interrupted.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

from secateur.parallel.errors import RunError


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for, and return the exit status."""
    options = parser().parse_args(arguments)
    # Imported here: the processes of a local cluster import the script that started them.
    from secateur.parallel import repro, sweep

    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.default_int_handler)
    try:
        return sweep.run(options) if options.command == "sweep" else repro.run(options)
    except RunError as why:
        print(f"secateur {options.command}: {why}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"secateur {options.command}: interrupted", file=sys.stderr)
        return 130
    return 2


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="secateur", description=(__doc__ or "").split("\n")[0])
    commands = top.add_subparsers(dest="command", required=True, metavar="{repro,sweep}")
    repro = commands.add_parser(
        "repro",
        help="what `dvc repro` does, with independent stages side by side",
        description="Run changed stages side by side, each in a clone, to fill DVC's run cache; "
        "then a plain `dvc repro --keep-going` takes the results from there.",
    )
    repro.add_argument("targets", nargs="*", help="as for `dvc repro`: stages or files")
    repro.add_argument("-P", "--all-pipelines", action="store_true", help="of the whole repository")
    repro.add_argument(
        "-k", "--keep-going", action="store_true",
        help="what does not follow from a failed stage goes on (it does so anyway)",
    )  # fmt: skip
    _add_common(repro)
    sweep = commands.add_parser(
        "sweep",
        help="an experiment for each of many parameter sets",
        description="Run the pipeline for each combination of parameters, stages side by side; "
        "each becomes an experiment for `dvc exp show` and `dvc exp apply`.",
    )
    sweep.add_argument(
        "-S", "--set-param", action="append", required=True, metavar="[FILE:]NAME=VALUE[,VALUE…]",
        help="as for `dvc exp run --queue`: several values, choice(…), range(…) make several sets",
    )  # fmt: skip
    sweep.add_argument("-n", "--name", help="how the experiments' names begin")
    sweep.add_argument("-f", "--force", action="store_true", help="replace experiments of one name")
    sweep.add_argument("targets", nargs="*", help="as for `dvc exp run`")
    sweep.set_defaults(all_pipelines=False)
    _add_common(sweep)
    return top


def _add_common(command: argparse.ArgumentParser) -> None:
    where = command.add_mutually_exclusive_group()
    where.add_argument(
        "-j", "--jobs", type=_jobs, default=os.cpu_count() or 1, metavar="N",
        help="so many stages at once, on this machine (default: %(default)s, its cores)",
    )  # fmt: skip
    where.add_argument(
        "--scheduler", metavar="ADDRESS",
        help="on the workers of this Dask scheduler, such as tls://host:8786",
    )  # fmt: skip
    command.add_argument(
        "-r", "--remote", metavar="NAME",
        help="with --scheduler: the DVC remote that data go through (left out: the default one)",
    )  # fmt: skip
    for name, what in (
        ("ca-file", "of the authority that signed the scheduler's certificate"),
        ("cert", "this client's certificate"),
        ("key", "its private key"),
    ):
        command.add_argument(f"--tls-{name}", type=Path, metavar="FILE", help=f"PEM file {what}")
    command.add_argument(
        "-v", "--verbose", action="store_true", help="show what each stage printed when it is done"
    )


def _jobs(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text}: must be at least 1")
    return count


_jobs.__name__ = "number of jobs"  # argparse says so where it is no number
