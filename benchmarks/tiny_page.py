"""The page `docs/results.md`: what MLPerf Tiny's four networks are, made smaller in each way."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from measure import HERE, cost, scores, table
from tiny_networks import NETWORKS, SEARCHED, SEARCHED_NETWORK, SEEDS, VARIANTS, Network

sys.path.insert(0, str(HERE.parent / "src"))

from secateur.core.tasks import TASKS
from secateur.report import search_sentences, searches
from secateur.search import record

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
        yield from _search(found, ended.get(SEARCHED_NETWORK))


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
    both = (f"{median(own['scores']):.3f}" for own in (before, after))
    return [f"{network.title} ({network.label})", *both, *ratios]


def _network(network: Network, read: dict[str, Any]) -> Iterator[str]:
    yield f"## {network.title}\n"
    yield (
        f"`{network.file}`. Data: {network.data}. Published: {network.published}. Each recipe "
        f"trains for {network.epochs} epochs of {network.rows:,} rows. Times are of "
        f"{read['latency']['processor']}.\n"
    )
    head = [text.format(label=network.label) for text in HEAD]
    baseline = "as it was given" if network.weights == "given" else "as it learned the data"
    given = _row(baseline, "baseline", "float32", network, read)
    rows = [_row(what, *how, network, read) for what, how in VARIANTS.items()]
    yield table(head, [given, *rows])


def _row(what: str, model: str, kind: str, network: Network, read: dict[str, Any]) -> list[str]:
    """Return a file's figures as a row."""
    own = _figures(model, kind, network, read)
    dense = _figures("dense", "float32", network, read)
    return [
        what,
        scores(own["scores"]),
        f"{own['bytes']:,.0f}",
        f"{own['gzip_bytes']:,.0f}",
        *(cost(own[name]) for name in ("arena_bytes", "cycles", "flash_kib")),
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


def _search(own: record.Record, whole: dict[str, Any] | None) -> Iterator[str]:
    """Give the search's paragraphs, beside what the whole network learns of the same pictures."""
    task = TASKS["multiclass"]
    yield "## ResNet-8 in a fifth of its flash\n"
    yield SEARCH
    if whole:
        network = NETWORKS[SEARCHED_NETWORK]
        trained = _figures("dense_twice", "int8", network, whole)
        yield (
            f"**The whole network learns these pictures, too.** Trained for {network.epochs * 2} "
            "epochs (`dense, twice as long, int8` above), it has a test accuracy of "
            f"{median(trained['scores']):.4f} in {trained['flash_kib']:.2f} KiB. What the small "
            "one wins by training makes up for part of what its zeros cost.\n"
        )
    yield "\n\n".join(search_sentences.sentences(own, task)) + "\n"
    judged = searches.judged(own, task)
    if judged:
        yield judged.markdown()
    yield searches.trials(own, task).markdown()
