"""What each link of the chain costs: `python benchmarks/chain.py [examples/chain/run]`.

It reads what `make example NAME=chain FILE=…` leaves of the stages `evaluate` and `convert`, runs
every link's file on all test rows, has the devices' tools count it, and writes `chain.md`.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from measure import HERE, cost, scores, table

sys.path.insert(0, str(HERE.parent / "src"))

from secateur.arrays import encoding, parts
from secateur.core import params
from secateur.core.tasks import TASKS
from secateur.devices import costs
from secateur.devices.costs import File, MeasureCosts
from secateur.evaluate import litert, scoring
from secateur.evaluate.sizes import file_sizes

# A link: its model, the type of its file, and what it is.
LINKS = (
    ("baseline", "int8", "as MLPerf Tiny trained it"),
    ("control", "int8", "trained on, nothing removed"),
    ("sparse", "int8", "60 % zeros"),
    ("sparse_int8", "int8", "60 % zeros, trained for int8"),
    ("sparse_int4", "int4", "60 % zeros, trained for int4"),
    ("sparse_int4", "int8", "the same as an int8 file"),
    ("thin", "int8", "0.7 of the multiply-adds"),
    ("thin_sparse", "int8", "the same, 60 % zeros"),
    ("thin_int8", "int8", "the same, trained for int8"),
)
HEAD = ["link", "file", "accuracy of the network", "accuracy of the file", "bytes",
        "gzipped bytes", "MACs", "arena, bytes", "Ethos-U: cycles", "Ethos-U: SRAM, KiB",
        "Ethos-U: flash, KiB"]  # fmt: skip
COUNTED = ("macs", "arena_bytes", "cycles", "sram_kib", "flash_kib")


class Link(NamedTuple):
    """A row of the table: figures by seed."""

    model: str
    type: str
    what: str
    network: list[float]  # test accuracy
    file: list[float]  # test accuracy
    bytes: list[int]
    gzip_bytes: list[int]
    costs: list[dict[str, Any]]


def main() -> None:
    """Measure each link, and write the page."""
    run = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent / "examples/chain/run")
    links = list(_links(run))
    rows = [_row(link) for link in links]
    text = (
        "# Channels, zeros and int8, one after the other\n\n"
        "Written by `python benchmarks/chain.py`, after `make example NAME=chain FILE=…`: "
        f"ResNet-8, {len(links[0].file)} seeds, median (minimum to maximum); LiteRT with XNNPACK "
        "predicts all test rows, tflite-micro and Vela (ethos-u55-128) count.\n\n"
        f"{_conclusion({(link.model, link.type): link for link in links})}\n\n"
        f"{table(HEAD, rows)}\n"
    )
    (HERE / "chain.md").write_text(text, encoding="utf-8")


def _links(run: Path) -> Iterator[Link]:
    given = params.read(run / "params.yaml")
    settings, seeds = given.section("measure_costs", MeasureCosts), given.content["seeds"]
    learned = encoding.read(run / "models/encoding.json")
    rows = parts.read(run / "data/split/test", learned).rows()
    few = rows._replace(x=rows.x[:2], y=rows.y[:2])
    evaluation = json.loads((run / "metrics/evaluation.json").read_text(encoding="utf-8"))
    task, predict = TASKS[learned.task], litert.predictor(rows.x)
    for model, kind, what in LINKS:
        folder = run / "models/tflite" / model / f"minified_{kind}"
        files = [(folder / f"seed_{seed}.tflite").read_bytes() for seed in seeds]
        right = [
            scoring.scores(task, predict(content, False), rows)["accuracy"] for content in files
        ]
        own = evaluation[model]["stripped"]["accuracy"]["seeds"]
        counted = list(costs.of_files([File(content, few) for content in files], settings, task))
        yield Link(
            model, kind, what, list(own.values()), right,
            [len(content) for content in files],
            [file_sizes(content, 9)["gzip_bytes"] for content in files], counted,
        )  # fmt: skip
        print(f"{model}, {kind}: {median(right):.4f}", flush=True)


def _row(link: Link) -> list[str]:
    return [
        f"`{link.model}`: {link.what}", link.type, scores(link.network), scores(link.file),
        f"{median(link.bytes):,.0f}", f"{median(link.gzip_bytes):,.0f}",
        *(_counted(link, key) for key in COUNTED),
    ]  # fmt: skip


def _counted(link: Link, key: str) -> str:
    found = [own[key] for own in link.costs if own.get(key) is not None]
    return cost(median(found) if found else None)


def _conclusion(links: dict[tuple[str, str], Link]) -> str:
    """Say what the zeros, the precision and the channels cost, in points of accuracy."""

    def apart(one: tuple[str, str], other: tuple[str, str]) -> str:
        points = 100 * (median(links[one].file) - median(links[other].network))
        return f"{abs(points):.2g} points {'above' if points > 0 else 'below'}"

    def gzipped(link: tuple[str, str]) -> str:
        return f"{median(links[link].gzip_bytes):,.0f} bytes"

    control = ("control", "int8")
    return (
        "Against the float network that trains on with nothing removed, in the median: with 60 % "
        f"zeros the int8 file made after training is {apart(('sparse', 'int8'), control)} "
        f"({gzipped(('sparse', 'int8'))} gzipped), that of a network trained for int8 "
        f"{apart(('sparse_int8', 'int8'), control)} ({gzipped(('sparse_int8', 'int8'))}), for "
        f"int4 {apart(('sparse_int4', 'int4'), control)} ({gzipped(('sparse_int4', 'int4'))}; as "
        f"an int8 file {gzipped(('sparse_int4', 'int8'))}). At the end of the chain, with 0.7 of "
        "the multiply-adds and 60 % zeros, the int8 file is "
        f"{apart(('thin_int8', 'int8'), control)} ({gzipped(('thin_int8', 'int8'))})."
    )


if __name__ == "__main__":
    main()
