"""What the rows hold, as the report needs to know it."""

import numpy as np

from secateur.arrays import encoding
from secateur.arrays.encoding import Encoding
from secateur.core.tasks import TASKS
from secateur.data.friedman1 import MADE
from secateur.report.formatting import printable
from secateur.report.results import Data


def described(found: Encoding, source: str) -> Data:
    """Describe the rows by the encoding that was learned of them; `source` is `data.source`."""
    target = found.target
    several = not isinstance(target.name, str)
    raw = (target.mean, target.std) == (0.0, 1.0)
    std = None if raw or isinstance(target.std, list) else target.std
    standardized = several and (np.array([target.mean, target.std]).T != (0.0, 1.0)).any()
    numbered = [f"x{i}" for i in range(found.shape[0])] if len(found.shape) == 1 else []
    names = encoding.feature_names(found) or numbered  # an array's inputs have no names
    return Data(
        task=TASKS[found.task],
        target=printable(", ".join(target.names)),
        features=[printable(name) for name in names],
        classes=[printable(str(name)) for name in target.classes or ()],
        # Classes are never standardized.
        std=std,
        outputs=target.names if several else [],
        standardized=bool(standardized),
        autoencoder=target.inputs,
        friedman=source == MADE and names == numbered,
    )
