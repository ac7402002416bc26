"""How the zeros of a network spread over its layers."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

Spread = Literal["uniform", "erdos_renyi_kernel", "global"]


def erdos_renyi_kernel(
    sparsity: float, layers: Mapping[str, Sequence[Sequence[int]]]
) -> dict[str, float]:
    """Return each layer's sparsity, by the shapes of its kernels, so that all have `sparsity`.

    A kernel's density is proportional to the sum of its sides over their product: for a convolution
    (height + width + inputs + outputs) / (height * width * inputs * outputs). A small kernel, whose
    density would exceed 1, stays dense, and the others make up for it. The kernels of one layer,
    such as an LSTM's two, have one density: that of the weights which they would keep together.

    Source: Evci et al. (2020), "Rigging the Lottery: Making All Tickets Winners", section 3.
    """
    sizes = {name: sum(map(math.prod, kernels)) for name, kernels in layers.items()}
    sides = {name: sum(map(sum, kernels)) for name, kernels in layers.items()}
    kept = (1 - sparsity) * sum(sizes.values())
    density = dict.fromkeys(layers, 1.0)
    free = set(layers)
    while free:
        dense = sum(size for name, size in sizes.items() if name not in free)
        scale = (kept - dense) / sum(sides[name] for name in free)
        density |= {name: scale * sides[name] / sizes[name] for name in free}
        full = {name for name in free if density[name] > 1}
        if not full:
            break
        density |= dict.fromkeys(full, 1.0)
        free -= full
    return {name: max(0.0, 1 - own) for name, own in density.items()}
