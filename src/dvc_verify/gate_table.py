"""The gate's report: a table for people, JSON for programs."""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from tabulate import tabulate

from dvc_verify.limits import Limit
from dvc_verify.verdicts import CONFIDENCE, Verdict

FEW = 20  # names that a list shows before it says how many more there are


def table(base: str, verdicts: list[Verdict], new: list[str], *, markdown: bool) -> str:
    """The metrics beyond their limits, those that changed within them, and what is new or gone."""
    beyond = [verdict for verdict in verdicts if verdict.faults]
    within = [v for v in verdicts if v.limit and not v.faults]
    come = [v for v in within if _state(v) in ("new", "gone")]
    changed = [v for v in within if _state(v) == "within" and _changed(v)]
    lines = [f"### Gate against {base}\n" if markdown else f"gate: against {base}\n"]
    shown = [*beyond, *changed, *come]
    if shown:
        interval = f"{CONFIDENCE:.0%} interval"
        head = ["metric", base, "here", "worse by", interval, "n", "allowed", "verdict"]
        rows = [_row(verdict) for verdict in shown]
        style = "pipe" if markdown else "simple"
        lines += [tabulate(rows, head, style, disable_numparse=True), ""]
    in_table = {verdict.metric for verdict in shown}
    if others := [name for name in new if name not in in_table]:
        lines.append(f"New, without a limit: {shortened(others)}.")
    counts = Counter(_state(v) for v in come)
    lines.append(
        f"{len(beyond)} beyond their limits, {len(changed)} changed within them, "
        + "".join(f"{number} {state}, " for state, number in sorted(counts.items(), reverse=True))
        + f"{len(within) - len(changed) - len(come)} with a limit unchanged, "
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


def _state(v: Verdict) -> Literal["new", "gone", "within"]:
    """Whether a metric has a value on one side alone; then nothing is compared."""
    if v.n or math.isnan(v.base) == math.isnan(v.here):
        return "within"
    return "new" if math.isnan(v.base) else "gone"


def _changed(v: Verdict) -> bool:
    return v.worse > 0 or v.worse < 0 or v.base != v.here


def _row(v: Verdict) -> tuple[str | int, ...]:
    state = _state(v)
    verdict = [*(["new"] if state == "new" else []), *v.faults] or [state]
    return (
        v.metric, _value(v.base), _value(v.here), _change(v.worse, v.limit),
        " to ".join(_change(end, v.limit) for end in v.interval) if v.interval else "-",
        v.n or "-", _allowed(v.limit), "; ".join(verdict),
    )  # fmt: skip


def _value(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4g}"


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
