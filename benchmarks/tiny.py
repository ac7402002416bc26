"""MLPerf Tiny's four networks, each made smaller in each way: `docs/results.md`, from one command.

`python benchmarks/tiny.py FOLDER PROJECTS` takes a folder of the four .h5 files of mlcommons/tiny
and of one .npz file of CIFAR-10 (x_train, y_train, x_test, y_test). It makes a project for each
network in the other folder, runs it and a search, and writes the page. That takes hours. What has
ended is kept, so the same command goes on after Ctrl-C or a power cut.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import yaml

import tiny_data
from measure import HERE, note, table
from tiny_params import NETWORKS, SEARCHED, SEEDS, VARIANTS, Network, of_network, of_search

ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "src"))

from secateur.core.tasks import TASKS
from secateur.report import searches
from secateur.search import record

PAGE = ROOT / "docs/results.md"
HEAD = [
    "what", "{label}, median (min to max)", "bytes", "gzipped bytes",
    "microcontroller: arena, bytes", "Ethos-U: cycles", "Ethos-U: flash, KiB",
    "LiteRT on a CPU: time, microseconds",
]  # fmt: skip

SHORT = [
    "network and its score", "dense, int8", "channels, 80 % zeros, int8", "gzipped bytes, ratio",
    "arena, ratio", "cycles, ratio", "flash, ratio", "time, ratio",
]  # fmt: skip

INTRODUCTION = """\
# MLPerf Tiny's four networks

`python benchmarks/tiny.py FOLDER PROJECTS` made this page, in hours; after an interruption the
same command goes on. `FOLDER` holds the four networks as `mlcommons/tiny` on GitHub publishes them,
and pictures of CIFAR-10. In `PROJECTS` it makes a project for each with `secateur init`, and runs
it with `secateur repro`.

Each network is made smaller in each way, with three seeds. All recipes start from the same
baseline and train for as long, `dense` too, which has nothing removed: the others are to be
compared with it. "All" removes channels, trains, makes zeros in what is left, and trains again;
"dense, twice as long" is what to compare it with. A file of int8 is made after training.

- The score is that of the file itself, on test rows that chose nothing.
- LiteRT for Microcontrollers says the arena, and Vela the cycles and the flash of an Ethos-U55
  with 128 MACs, which runs int8 alone. Zeros and few distinct weights make that flash small; the
  bytes of a file they make small once it is compressed.
- Times are of LiteRT with XNNPACK on one thread; in brackets is the ratio to `dense`, float32.
- Three of the benchmark's data sets are not here. **Scores on synthetic data compare the rows of
  one table**, and say nothing of the task that the network is meant for.

In short, what channels, zeros and int8 together take from the same network as int8, trained for
as long:
"""
SEARCH = """\
[`secateur search`](searching.md) was asked for the ResNet-8 that loses least accuracy among those
with at most a fifth of the flash of the whole network as int8, 77.33 KiB on the Ethos-U, and at
most one point less accuracy than the network as it was given. The share of the multiply-adds that
channels keep, the zeros of two groups of layers, and the precision of the weights varied.
Validation pictures, which chose, were none of those that the network was trained with.
"""


def main() -> None:
    """Make and run what was not, and write the page."""
    given = _arguments()
    wanted = given.only or [*NETWORKS, SEARCHED]
    for name in wanted:
        place = given.into / name
        make(name, place, given.folder)
        note(f"{name}: {place}")
        if name == SEARCHED:
            run(place, "dvc", "repro", "prune@longer")  # what trials start from
            commit(place, "The trained network")
            run(place, "secateur", "search")
        else:
            run(place, "secateur", "repro")
        commit(place, "Results")
    PAGE.write_text("\n".join(page(given.into)), encoding="utf-8")
    note(f"{PAGE.relative_to(ROOT)}: written")


def make(name: str, place: Path, folder: Path) -> None:
    """Make a project of the network, with its data and parameters; or leave it as it is."""
    network = NETWORKS["resnet8" if name == SEARCHED else name]
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


def page(into: Path) -> Iterator[str]:
    """Give the page, paragraph by paragraph, of the projects that have all results."""
    read = {name: _read(into / name / "metrics") for name in NETWORKS}
    whole = {model for model, _ in VARIANTS.values()}
    ended = {name: own for name, own in read.items() if whole <= own.get("sizes", {}).keys()}
    yield INTRODUCTION
    if ended:
        rows = [_in_short(NETWORKS[name], own) for name, own in ended.items()]
        yield table(SHORT, rows)
    for name, own in ended.items():
        yield from _network(NETWORKS[name], own)
    for found in record.of_folder(into / SEARCHED / "metrics/searches").values():
        yield from _search(found)


def _read(metrics: Path) -> dict[str, Any]:
    """Return what the last stages of a project have written; nothing where one has not."""
    files = {name: metrics / f"{name}.json" for name in ("sizes", "costs", "latency")}
    if not all(file.exists() for file in files.values()):
        return {}
    return {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items()}


def _in_short(network: Network, read: dict[str, Any]) -> list[str]:
    """Return what all three together take from a network, as a row."""
    before, after = (_figures(model, "int8", network, read) for model in ("dense_twice", "all"))
    ratios = (
        f"{after[name] / before[name]:.2f}" if before[name] and after[name] else "-"
        for name in ("gzip_bytes", "arena_bytes", "cycles", "flash_kib", "time")
    )
    scores = (f"{median(own['scores']):.3f}" for own in (before, after))
    return [f"{network.title} ({network.label})", *scores, *ratios]


def _network(network: Network, read: dict[str, Any]) -> Iterator[str]:
    yield f"## {network.title}\n"
    yield (
        f"`{network.file}`. Data: {network.data}. Published: {network.published}. Each recipe "
        f"trains for {network.epochs} epochs of {network.rows:,} rows. Times are of "
        f"{read['latency']['processor']}.\n"
    )
    head = [text.format(label=network.label) for text in HEAD]
    given = _row(network.given, "baseline", "float32", network, read)
    rows = [_row(what, *how, network, read) for what, how in VARIANTS.items()]
    yield table(head, [given, *rows])


def _row(what: str, model: str, kind: str, network: Network, read: dict[str, Any]) -> list[str]:
    """Return a file's figures as a row."""
    own = _figures(model, kind, network, read)
    dense = _figures("dense", "float32", network, read)
    scores = own["scores"]
    return [
        what,
        f"{median(scores):.4f} ({min(scores):.4f} to {max(scores):.4f})",
        f"{own['bytes']:,.0f}",
        f"{own['gzip_bytes']:,.0f}",
        *(_number(own[name]) for name in ("arena_bytes", "cycles", "flash_kib")),
        f"{own['time']:,.1f} ({own['time'] / dense['time']:.2f})",
    ]


def _figures(model: str, kind: str, network: Network, read: dict[str, Any]) -> dict[str, Any]:
    """Return a file's figures: medians over the seeds, and each seed's score.

    A cost is None where the device does not run the file.
    """
    artifact = f"minified_{kind}"
    sizes, costs = read["sizes"][model][artifact], read["costs"]["models"][model][artifact]
    return {
        "scores": [sizes[network.figure]["seeds"][str(seed)] for seed in SEEDS],
        **{name: sizes[name]["median"] for name in ("bytes", "gzip_bytes")},
        **{
            name: costs.get(name, {}).get("median")
            for name in ("arena_bytes", "cycles", "flash_kib")
        },
        "time": read["latency"]["files"][f"{model}/{artifact}"]["xnnpack"]["p50_us"],
    }


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"


def _search(own: record.Record) -> Iterator[str]:
    task = TASKS["multiclass"]
    yield "## ResNet-8 in a fifth of its flash\n"
    yield SEARCH
    yield "\n\n".join(searches.sentences(own, task)) + "\n"
    judged = searches.judged(own, task)
    if judged:
        yield judged.markdown()
    yield searches.front(own, task).markdown()


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
