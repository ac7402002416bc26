"""The gate's report: a table for people, JSON for programs."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from tabulate import tabulate

from dvc_verify.limits import Limit
from dvc_verify.verdicts import CONFIDENCE, Verdict

FEW = 20  # names that a list shows before it says how many more there are


def table(base: str, verdicts: list[Verdict], new: list[str], *, markdown: bool) -> str:
    """The metrics beyond their limits, then those that changed within them."""
    beyond = [verdict for verdict in verdicts if verdict.faults]
    within = [v for v in verdicts if v.limit and not v.faults]
    changed = [v for v in within if v.worse > 0 or v.worse < 0 or v.base != v.here]
    lines = [f"### Gate against {base}\n" if markdown else f"gate: against {base}\n"]
    if beyond or changed:
        interval = f"{CONFIDENCE:.0%} interval"
        head = ["metric", base, "here", "worse by", interval, "n", "allowed", "verdict"]
        rows = [_row(verdict) for verdict in [*beyond, *changed]]
        style = "pipe" if markdown else "simple"
        lines += [tabulate(rows, head, style, disable_numparse=True), ""]
    if new:
        lines.append(f"New: {shortened(new)}.")
    lines.append(
        f"{len(beyond)} beyond their limits, {len(changed)} changed within them, "
        f"{len(within) - len(changed)} with a limit unchanged, "
        f"{sum(not v.limit for v in verdicts)} without a limit. Values are medians over n seeds. "
        "A metric is worse than allowed only if the whole interval is."
    )
    return "\n".join(lines)


def listed(name: str, sentences: Sequence[str], *, markdown: bool) -> str:
    """Sentences of another check, below its name."""
    head = f"\n#### {name[0].upper()}{name[1:]}\n" if markdown else f"\n{name}:"
    return "\n".join([head, *(f"- {sentence}" for sentence in sentences)])


def as_json(
    base: str, verdicts: list[Verdict], new: list[str], *, within: bool, more: Mapping[str, Any]
) -> str:
    """All verdicts; NaN and infinities, which JSON does not have, as null.

    `within` says whether all is well, `more` what else was judged.
    """
    metrics = [
        {
            "metric": v.metric,
            "base": _finite(v.base),
            "here": _finite(v.here),
            "n": v.n,
            "worse": _finite(v.worse),
            "interval": v.interval and [_finite(end) for end in v.interval],
            "limit": v.limit and v.limit.model_dump(exclude_defaults=True),
            "faults": v.faults,
        }
        for v in verdicts
    ]
    found = {"base": base, "within": within, "new": new, **more, "metrics": metrics}
    return json.dumps(found, indent=2)


def shortened(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return ", ".join(names[:FEW]) + more


def _row(v: Verdict) -> tuple[str | int, ...]:
    return (
        v.metric, f"{v.base:.4g}", f"{v.here:.4g}", _change(v.worse, v.limit),
        " to ".join(_change(end, v.limit) for end in v.interval) if v.interval else "-",
        v.n, _allowed(v.limit), "; ".join(v.faults) or "within",
    )  # fmt: skip


def _change(value: float, limit: Limit | None) -> str:
    if limit is None or math.isnan(value):
        return "-"
    return f"{value:+.4g}" if limit.relative is None else f"{value:+.1%}"


def _allowed(limit: Limit | None) -> str:
    if limit is None:
        return "-"
    labels = {
        "{:g}": limit.absolute, "{:.4g} of it": limit.relative,
        "at most {:g}": limit.at_most, "at least {:g}": limit.at_least,
    }  # fmt: skip
    return ", ".join(text.format(value) for text, value in labels.items() if value is not None)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
