"""Which rows are anomalous, by the column that `data.anomaly` names."""

import numpy as np

from secateur.core.errors import InputError
from secateur.data.columns import Column, listed

NORMAL = ("0", "false", "no", "normal", "good", "ok")
ANOMALOUS = ("1", "true", "yes", "anomaly", "anomalous", "abnormal", "bad", "defect", "outlier")


def marked(at: str, column: Column) -> np.ndarray:
    """Return the mask (n,) of the anomalous rows from a column of categories; `at` names it.

    Raises:
        InputError: the column has another number of values than two, or it cannot be told which
            of the two is anomalous.
    """
    levels = column.levels or []
    present = [levels[number] for number in np.unique(column.values)]
    allowed = "0 and 1, false and true, or two words such as normal and anomaly"
    if len(present) != 2:
        shown = "value" if len(present) == 1 else "different values"
        raise InputError(
            f"{at}: {len(present)} {shown} ({listed(present)}); must be two, of normal and of "
            f"anomalous rows: {allowed}"
        )
    words = [level.strip().casefold() for level in present]
    if sum(word in NORMAL for word in words) != 1 or sum(word in ANOMALOUS for word in words) != 1:
        raise InputError(
            f"{at}: which of {present[0]!r} and {present[1]!r} is anomalous? write {allowed} "
            f"(normal: {', '.join(NORMAL)}; anomalous: {', '.join(ANOMALOUS)})"
        )
    marks = np.array([level.strip().casefold() in ANOMALOUS for level in levels])
    return marks[column.values]
