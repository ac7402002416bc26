"""Sections that a later version has brought: an older `params.yaml` is told the lines to add."""

from collections.abc import Collection

from secateur.core.errors import InputError
from secateur.core.params import ParamsFile

ADDED = {
    "measure_costs": """\
measure_costs:
  accelerator: ethos-u55-128
  system: Ethos_U55_High_End_Embedded
  memory_mode: Shared_Sram
  rows: 20
  largest_arena_bytes: 67108864
""",
    "mix_precision": """\
mix_precision:
  recipes: []
  largest_error_ratio: 1.05
  rows: 1000
""",
    "measure_latency": """\
measure_latency:
  rounds: 20
  seconds: 0.2
  warm_up_seconds: 0.05
""",
    "budget": """\
budget: {}
""",
}


def check(given: ParamsFile, sections: Collection[str]) -> None:
    """Raise InputError with the lines that a file lacks, if it has all other `sections`."""
    missing = [name for name in ADDED if name not in given.content]
    if missing and given.content.keys() >= set(sections) - set(ADDED):
        raise InputError(
            f"{given.path}: {', '.join(missing)}: missing; this version of Secateur needs these "
            f"lines, too:\n\n{''.join(ADDED[name] for name in missing)}"
        )
