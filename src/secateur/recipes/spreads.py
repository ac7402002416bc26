"""How the zeros of a network spread over its layers."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

Spread = Literal["uniform", "erdos_renyi_kernel", "global"]


def erdos_renyi_kernel(sparsity: float, kernels: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """Return each kernel's sparsity, by its shape, so that all together have `sparsity`.

    A kernel's density is proportional to the sum of its sides over their product: for a convolution
    (height + width + inputs + outputs) / (height * width * inputs * outputs). A small kernel, whose
    density would exceed 1, stays dense, and the others make up for it.

    Source: Evci et al. (2020), "Rigging the Lottery: Making All Tickets Winners", section 3.
    """
    sizes = {name: math.prod(kernel) for name, kernel in kernels.items()}
    kept = (1 - sparsity) * sum(sizes.values())
    density = dict.fromkeys(kernels, 1.0)
    free = set(kernels)
    while free:
        dense = sum(size for name, size in sizes.items() if name not in free)
        scale = (kept - dense) / sum(sum(kernels[name]) for name in free)
        density |= {name: scale * sum(kernels[name]) / sizes[name] for name in free}
        full = {name for name in free if density[name] > 1}
        if not full:
            break
        density |= dict.fromkeys(full, 1.0)
        free -= full
    return {name: max(0.0, 1 - own) for name, own in density.items()}
