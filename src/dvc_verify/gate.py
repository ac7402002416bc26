"""Whether metrics are worse than in another revision, by more than `limits.yaml` allows.

`run` works in any DVC project that has metrics. A metric may be a mapping with a key `seeds`. Its
seeds are compared one by one, and it is worse only if they agree on it.

Exit status: 0 within the limits; 1 beyond them; 2 the comparison is not possible.
"""

import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from dvc_verify import gate_table, limits, revision_metrics
from dvc_verify.errors import CheckError
from dvc_verify.limits import Limit
from dvc_verify.revision_metrics import Metrics
from dvc_verify.verdicts import Verdict, judge

Style = Literal["simple", "markdown", "json"]


class Beside(NamedTuple):
    """What a check of the caller's own has found; the report carries it beside the limits."""

    name: str  # its heading, and its key in JSON
    broken: list[str]  # sentences; one is enough to fail
    unknown: list[str]  # what could not be checked
    kept: list[str]
    data: Any  # the same for programs


def run(
    base: str,
    limits: Path = Path("limits.yaml"),
    style: Style = "simple",
    beside: Beside | None = None,
) -> int:
    """Compare the working tree with the revision `base`, print a report, return the exit status.

    Args:
        base: a revision of Git, such as `main`.
        limits: the file that says how much worse a metric may become.
        style: `markdown` for a pull request, `json` for programs.
        beside: what else is judged. What it breaks fails as a metric beyond its limit does. What
            is unknown makes the status 2, unless something fails for certain.
    """
    try:
        return _gate(base, limits, style, beside)
    except (CheckError, OSError) as error:
        print(f"gate: cannot compare: {error}", file=sys.stderr)
    except Exception:  # a bug here must not look like a worse metric
        traceback.print_exc()
    return 2


def compare(base: Metrics, here: Metrics, allowed: Mapping[str, Limit]) -> list[Verdict]:
    """A verdict for each metric of the base, and for each new one that has a limit."""
    names = [*base, *(n for n in here if n not in base and limits.limit_of(n, allowed))]
    return [
        judge(name, base.get(name, {}), here.get(name, {}), limits.limit_of(name, allowed))
        for name in names
    ]


def _gate(base: str, limits_file: Path, style: Style, beside: Beside | None) -> int:
    allowed, files = limits.read(limits_file)
    there, here = revision_metrics.load(base, files)
    _check_patterns(limits_file, allowed, list({**there, **here}))
    verdicts = compare(there, here, allowed)
    new = sorted(set(here) - set(there))
    failed = any(verdict.faults for verdict in verdicts) or bool(beside and beside.broken)
    unknown = bool(beside and beside.unknown)
    if style == "json":
        more = {beside.name: beside.data} if beside else {}
        within = not (failed or unknown)
        print(gate_table.as_json(base, verdicts, new, within=within, more=more), flush=True)
    else:
        markdown = style == "markdown"
        print(gate_table.table(base, verdicts, new, markdown=markdown), flush=True)
        if beside:
            sentences = [*beside.broken, *beside.unknown, *beside.kept]
            print(gate_table.listed(beside.name, sentences, markdown=markdown), flush=True)
    return 1 if failed else 2 if unknown else 0


def _check_patterns(path: Path, allowed: Mapping[str, Limit], names: list[str]) -> None:
    """Refuse a limit that matches no metric: its pattern is most likely misspelt."""
    for pattern, limit in allowed.items():
        if not limit.optional and not any(limits.matches(name, pattern) for name in names):
            known = gate_table.shortened(names)
            raise CheckError(f"{path}: {pattern}: no metric has such a name; there are {known}")
