"""Whether metrics are worse than in another revision, by more than `limits.yaml` allows.

`run` works in any DVC project that has metrics. A metric may be a mapping with a key `seeds`. Its
seeds are compared one by one, and it is worse only if they agree on it.

Exit status: 0 within the limits; 1 beyond them; 2 the comparison is not possible.
"""

import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from dvc_verify import gate_table, limits, revision_metrics
from dvc_verify.errors import CheckError
from dvc_verify.limits import Limit
from dvc_verify.revision_metrics import Metrics
from dvc_verify.verdicts import Verdict, judge

Style = Literal["simple", "markdown", "json"]


def run(base: str, limits: Path = Path("limits.yaml"), style: Style = "simple") -> int:
    """Compare the working tree with the revision `base`, print a report, return the exit status.

    Args:
        base: a revision of Git, such as `main`.
        limits: the file that says how much worse a metric may become.
        style: `markdown` for a pull request, `json` for programs.
    """
    try:
        return _gate(base, limits, style)
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


def _gate(base: str, limits_file: Path, style: Style) -> int:
    allowed, files = limits.read(limits_file)
    there, here = revision_metrics.load(base, files)
    _check_patterns(limits_file, allowed, list({**there, **here}))
    verdicts = compare(there, here, allowed)
    new = sorted(set(here) - set(there))
    if style == "json":
        print(gate_table.as_json(base, verdicts, new), flush=True)
    else:
        print(gate_table.table(base, verdicts, new, markdown=style == "markdown"), flush=True)
    return 1 if any(verdict.faults for verdict in verdicts) else 0


def _check_patterns(path: Path, allowed: Mapping[str, Limit], names: list[str]) -> None:
    """Refuse a limit that matches no metric: its pattern is most likely misspelt."""
    for pattern, limit in allowed.items():
        if not limit.optional and not any(limits.matches(name, pattern) for name in names):
            known = gate_table.shortened(names)
            raise CheckError(f"{path}: {pattern}: no metric has such a name; there are {known}")
