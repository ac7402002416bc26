"""Run the pipeline with an example's parameters and data in its own folder.

`--record` also writes its results into `examples/NAME/results.md`, which README.md shows.
"""

import argparse
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PIPELINE = ("dvc.yaml", ".dvcignore", ".dvc/config", ".dvc/plots", "stages", "src", "network",
            "metrics/devices/README.md", "metrics/searches/README.md")  # fmt: skip
COPIED = ".dvc/tmp/params.yaml"  # the last copy of the example's parameters
NAMES = sorted(path.parent.name for path in ROOT.glob("examples/*/params.yaml"))
FILES = {"resnet8": "your own file of pictures", "chain": "a folder of the network and pictures"}


def prepare(name: str, folder: Path, *, small: bool = False) -> None:
    """Copy the pipeline's files into the folder, then the example's over them.

    Its parameters are `small.yaml` if `small` is set, else `params.yaml`. Exits where that would
    replace parameters that the user has edited in the folder.
    """
    example = ROOT / "examples" / name
    own = example / ("small.yaml" if small else "params.yaml")
    _refuse_to_lose_edits(own, folder)
    for part in PIPELINE:
        source, target = ROOT / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for copy in (folder / COPIED, folder / "params.yaml"):  # so in this order no edit seems made
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(own, copy)
    for data in (example / "data").glob("*/"):
        shutil.rmtree(folder / "data" / data.name, ignore_errors=True)
    for part in ("data", "network"):
        if (example / part).exists():
            shutil.copytree(example / part, folder / part, dirs_exist_ok=True)


def _refuse_to_lose_edits(own: Path, folder: Path) -> None:
    """Exit where the folder's parameters are neither the last copy nor the example's own."""
    edited = folder / "params.yaml"
    if not edited.exists():
        return
    known = [path.read_bytes() for path in (own, folder / COPIED) if path.exists()]
    if edited.read_bytes() not in known:
        there, here = (os.path.relpath(path, ROOT) for path in (edited, own))
        sys.exit(
            f"error: {there}: was edited, and a copy of {here} would replace it. To keep the "
            f"edits: `mv {there} {here}`. To drop them: `rm {there}`. Then run it again; {here} "
            "is the file to edit"
        )


def reproduce(folder: Path, *what: str) -> int:
    """Run `dvc repro` there and return its exit status; 130 after Ctrl-C, once DVC has ended."""
    interrupted = False
    with subprocess.Popen(["dvc", "repro", *what], cwd=folder) as process:
        while True:
            try:
                status = process.wait()
            except KeyboardInterrupt:  # it reaches DVC too, which ends its stage first
                interrupted = True
            else:
                return 130 if interrupted else status


def main() -> None:
    """Prepare `examples/<name>/run`, run the changed stages there, and name the report.

    An example without data here gets them, or takes them from the user's own file.
    """
    given = _arguments()
    example = ROOT / "examples" / given.name
    folder = example / "run"
    prepare(given.name, folder, small=given.small)
    script = example / "get_data.py"
    if script.exists():
        small = {"small": True} if given.small else {}
        runpy.run_path(str(script))["main"](folder / "data", *given.file, **small)
    for key, value in (("core.no_scm", "true"), ("cache.dir", str(ROOT / ".dvc/cache"))):
        subprocess.run(["dvc", "config", "--local", key, value], cwd=folder, check=True)
    status = reproduce(folder)
    if not status:  # this machine becomes one of the devices that the report shows
        timed = folder / "metrics/latency.json"
        shutil.copy(timed, folder / "metrics/devices/this-machine.json")
        status = reproduce(folder, "--single-item", "report")
    if status:
        sys.exit(status)
    if given.record:
        text = runpy.run_path(str(ROOT / "docs/result_blocks.py"))["example"](folder / "metrics")
        (example / "results.md").write_text(text, encoding="utf-8")
        print(f"\nexamples/{given.name}/results.md: written; now `python docs/generate.py`")
    print(f"\nexamples/{given.name}/run/metrics/report.html shows the results")


def _arguments() -> argparse.Namespace:
    usage = (
        f"make example NAME={{{','.join(NAMES)}}}; NAME=chain takes FILE=…, "
        "NAME=resnet8 that and ARGS=--small"
    )
    parser = argparse.ArgumentParser(usage=usage)
    parser.add_argument("name", choices=NAMES)
    of_files = "; ".join(f"of {name}: {what}" for name, what in FILES.items())
    parser.add_argument("file", nargs="*", type=Path, help=of_files)
    parser.add_argument("--small", action="store_true", help="of resnet8: few pictures and epochs")
    parser.add_argument("--record", action="store_true", help="write examples/NAME/results.md")
    given = parser.parse_args()
    if given.file and given.name not in FILES:
        parser.error(f"only {' and '.join(FILES)} take a file")
    if given.small and given.name != "resnet8":
        parser.error("only resnet8 takes --small")
    if len(given.file) > 1:
        parser.error("one file at most")
    if given.small and given.record:
        parser.error("--record is of all of an example, not of --small")
    return given


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:  # while it prepares
        sys.exit(130)
