"""Run the pipeline with an example's parameters and data in its own folder."""

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PIPELINE = ("dvc.yaml", ".dvcignore", ".dvc/config", ".dvc/plots", "stages", "src", "network")
NAMES = sorted(path.parent.name for path in ROOT.glob("examples/*/params.yaml"))


def prepare(name: str, folder: Path) -> None:
    """Copy the pipeline's files into the folder, then the example's over them."""
    for part in PIPELINE:
        source, target = ROOT / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    example = ROOT / "examples" / name
    shutil.copy(example / "params.yaml", folder)
    for data in (example / "data").glob("*/"):
        shutil.rmtree(folder / "data" / data.name, ignore_errors=True)
    for own in ("data", "network"):
        if (example / own).exists():
            shutil.copytree(example / own, folder / own, dirs_exist_ok=True)


def main(name: str, *file: str) -> None:
    """Prepare `examples/<name>/run`, run the changed stages there, and name the report.

    An example without data here gets them, or takes them from the user's own `file`.
    """
    folder = ROOT / "examples" / name / "run"
    prepare(name, folder)
    script = ROOT / "examples" / name / "get_data.py"
    if script.exists():
        runpy.run_path(str(script))["main"](folder / "data", *map(Path, file))
    for key, value in (("core.no_scm", "true"), ("cache.dir", str(ROOT / ".dvc/cache"))):
        subprocess.run(["dvc", "config", "--local", key, value], cwd=folder, check=True)
    done = subprocess.run(["dvc", "repro"], cwd=folder, check=False)
    if done.returncode:
        sys.exit(done.returncode)
    print(f"\nexamples/{name}/run/metrics/report.html shows the results")


if __name__ == "__main__":
    given = sys.argv[1:]
    if not given or given[0] not in NAMES or len(given) > 1 + (given[0] == "resnet8"):
        sys.exit(f"usage: make example NAME={{{','.join(NAMES)}}}; NAME=resnet8 takes FILE=… too")
    main(*given)
