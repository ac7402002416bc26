"""Tables of what devices pay: over the seeds, by operator, and along the trade-off curve."""

from collections.abc import Mapping, Sequence
from typing import Any

from secateur.core.seeds import over_seeds
from secateur.devices import ethos_u, micro
from secateur.devices.costs import MeasureCosts

FIGURES = (
    "bytes", "macs", "weights", "nonzero", "peak_activation_bytes", "arena_bytes",
    "micro_difference", "cycles", "sram_kib", "flash_kib", "dram_kib", "npu_weights_kib",
)  # fmt: skip


def devices(settings: MeasureCosts) -> dict[str, Any]:
    """Return what the figures are of: tools, their versions and settings."""
    return {
        "microcontroller": {"package": micro.PACKAGE, "version": micro.version()},
        "ethos_u": {
            "package": ethos_u.PACKAGE, "version": ethos_u.version(),
            "accelerator": settings.accelerator, "system": settings.system,
            "memory_mode": settings.memory_mode,
        },
    }  # fmt: skip


def summary(by_seed: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """Summarize one artifact's costs over the seeds.

    A figure that one seed lacks is left out: a median over some would be compared with others over
    all. `why` then says which seeds lack a device's figures. `cpu_operators` has the most that any
    seed leaves to the CPU.
    """
    common = [name for name in FIGURES if all(name in own for own in by_seed.values())]
    found = over_seeds(
        {seed: {name: own[name] for name in common} for seed, own in by_seed.items()}
    )
    if all("cpu_operators" in own for own in by_seed.values()):
        left = [own["cpu_operators"] for own in by_seed.values()]
        names = sorted({name for own in left for name in own})
        found["cpu_operators"] = {n: max(own.get(n, 0) for own in left) for n in names}
    return {**found, "why": _why(by_seed)}


def _why(by_seed: Mapping[int, Mapping[str, Any]]) -> dict[str, str]:
    found = {}
    for device in sorted({device for own in by_seed.values() for device in own["why"]}):
        reasons = {
            seed: own["why"][device] for seed, own in by_seed.items() if device in own["why"]
        }
        some = "" if len(reasons) == len(by_seed) else f" (seed {', '.join(map(str, reasons))})"
        found[device] = "; ".join(dict.fromkeys(reasons.values())) + some
    return found


def layers(model: str, seed: int, artifact: str, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each operator of a file; of a damaged file, none."""
    return [
        {
            "model": model, "seed": seed, "artifact": artifact, "operator": number,
            "name": own.name, "shape": "x".join(map(str, own.shape)), "macs": own.macs,
            "weights": own.weights, "nonzero": own.nonzero, "output_bytes": own.output_bytes,
        }
        for number, own in enumerate(found.get("operators", ()))
    ]  # fmt: skip


def point(
    named: Mapping[str, Any], kind: str, gzip_bytes: int, found: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the row of a file of the curve; a cell of what cannot run is empty."""
    figures = ("macs", "nonzero", "peak_activation_bytes", "arena_bytes", "cycles", "sram_kib",
               "flash_kib")  # fmt: skip
    return {
        **{name: named[name] for name in ("kind", "sparsity", "seed")}, "type": kind,
        "bytes": found["bytes"], "gzip_bytes": gzip_bytes,
        **{name: found.get(name, "") for name in figures},
    }  # fmt: skip


def in_all_seeds(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Empty the cells that another seed of the same point lacks: a median is over all or none."""

    def key(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return row["kind"], row["sparsity"], row["type"]

    lacks = {(key(row), name) for row in rows for name, value in row.items() if value == ""}
    return [
        {name: "" if (key(row), name) in lacks else value for name, value in row.items()}
        for row in rows
    ]
