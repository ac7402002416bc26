"""MLPerf Tiny's four networks, each made smaller in each way: `docs/results.md`, from one command.

`python benchmarks/tiny.py FOLDER PROJECTS` takes a folder of the four .h5 files of mlcommons/tiny
and of one .npz file of CIFAR-10 (x_train, y_train, x_test, y_test). It makes a project for each
network in the other folder, runs it and a search, and writes the page. That takes hours. What has
ended is kept, so the same command goes on after Ctrl-C or a power cut.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import yaml

import tiny_data
import tiny_page
from measure import HERE, note
from tiny_networks import NETWORKS, SEARCHED, SEARCHED_NETWORK
from tiny_params import of_network, of_search

ROOT = HERE.parent
PAGE = ROOT / "docs/results.md"


def main() -> None:
    """Make and run what was not, and write the page."""
    given = _arguments()
    wanted = given.only or [*NETWORKS, SEARCHED]
    for name in wanted:
        place = given.into / name
        make(name, place, given.folder)
        note(f"{name}: {place}")
        run(place, "secateur", "search" if name == SEARCHED else "repro")
        commit(place, "Results")
    PAGE.write_text("\n".join(tiny_page.page(given.into)), encoding="utf-8")
    note(f"{PAGE.relative_to(ROOT)}: written")


def make(name: str, place: Path, folder: Path) -> None:
    """Make a project of the network, with its data and parameters; or leave it as it is."""
    network = NETWORKS[SEARCHED_NETWORK if name == SEARCHED else name]
    params = of_search() if name == SEARCHED else of_network(name)
    if not (place / "params.yaml").exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        rows = place.parent / "rows.npz"
        made = tiny_data.SYNTHETIC.get(name)
        np.savez(rows, **(made() if made else tiny_data.pictures(_pictures(folder))))
        target = params["data"]["target"]
        odd = ["--set", "data.anomaly=odd"] if target == "inputs" else []
        run(
            ROOT, "secateur", "init", str(place), "--data", str(rows), "--target", target, *odd,
        )  # fmt: skip
        rows.unlink()
    for source in (folder / network.file, HERE / "tiny_reference.py"):
        if not (place / "network" / source.name).exists():
            shutil.copy(source, place / "network")
    text = yaml.safe_dump(params, sort_keys=False, allow_unicode=True)
    (place / "params.yaml").write_text(
        f"# Written by {Path(__file__).name}: an edit of it is lost.\n{text}", encoding="utf-8"
    )
    commit(place, "Parameters")


def run(place: Path, *command: str) -> None:
    """Run a command there, with this interpreter's; exit as it does if it fails."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    status = subprocess.run(command, cwd=place, env={**os.environ, "PATH": path}).returncode
    if status:
        sys.exit(status)


def commit(place: Path, why: str) -> None:
    """Commit what has changed, if anything has: a search wants a clean project."""
    run(place, "git", "add", "--all")
    if subprocess.run(["git", "diff", "--cached", "--quiet"], cwd=place).returncode:
        run(place, "git", "commit", "--quiet", "--message", why)


def _pictures(folder: Path) -> Path:
    found = sorted(folder.glob("*.npz"))
    if len(found) != 1:
        sys.exit(f"error: {folder}: must hold one .npz file of pictures; has {len(found)}")
    return found[0]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path, help="of the four .h5 files and the pictures' .npz")
    parser.add_argument("into", metavar="projects", type=Path, help="where projects are made")
    names = [*NETWORKS, SEARCHED]
    parser.add_argument("--only", action="append", choices=names, help="run this project alone")
    given = parser.parse_args()
    given.folder, given.into = given.folder.resolve(), given.into.resolve()
    missing = [own.file for own in NETWORKS.values() if not (given.folder / own.file).is_file()]
    if missing:
        parser.error(f"{given.folder}: lacks {', '.join(missing)}")
    _pictures(given.folder)
    return given


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
