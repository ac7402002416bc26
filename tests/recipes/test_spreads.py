"""Zeros by the shapes of kernels: small kernels stay denser, and all together reach the target."""

import itertools
import math
from collections.abc import Mapping, Sequence

import pytest

from secateur.recipes.spreads import erdos_renyi_kernel

# MLPerf Tiny's ResNet-8: 77,360 weights, and the sides of its kernels add up to 683.
RESNET = {
    "conv_1": (3, 3, 3, 16), "conv_2": (3, 3, 16, 16), "conv_3": (3, 3, 16, 16),
    "conv_4": (3, 3, 16, 32), "conv_5": (3, 3, 32, 32), "short_1": (1, 1, 16, 32),
    "conv_6": (3, 3, 32, 64), "conv_7": (3, 3, 64, 64), "short_2": (1, 1, 32, 64),
    "output": (64, 10),
}  # fmt: skip
SIZES = {name: math.prod(kernel) for name, kernel in RESNET.items()}


def spread(sparsity: float, kernels: Mapping[str, Sequence[int]]) -> dict[str, float]:
    """That of layers with one kernel each."""
    return erdos_renyi_kernel(sparsity, {name: [kernel] for name, kernel in kernels.items()})


def test_densities_of_a_residual_network_as_computed_by_hand() -> None:
    """7,736 weights are to stay.

    7736 / 683 times 50 / 512 is over 1, and so is times 74 / 640: `short_1` and `output` stay
    dense. 7736 - 512 - 640 = 6,584 weights are left for sides that add up to 559.
    """
    found = spread(0.9, RESNET)
    assert found["short_1"] == found["output"] == 0
    sides = {
        "conv_1": 25, "conv_2": 38, "conv_3": 38, "conv_4": 54, "conv_5": 70, "conv_6": 102,
        "conv_7": 134, "short_2": 98,
    }  # fmt: skip
    for name, side in sides.items():
        assert 1 - found[name] == pytest.approx(6584 / 559 * side / SIZES[name], abs=1e-12)
    assert 1 - found["conv_7"] == pytest.approx(0.04281, abs=1e-5)
    assert 1 - found["conv_1"] == pytest.approx(0.68161, abs=1e-5)


def test_of_a_matrix_it_is_the_erdos_renyi_density() -> None:
    """300 weights of 1,200 stay; the sides add up to 60 and 40, so each gets 3 for each."""
    found = spread(0.75, {"a": (20, 40), "b": (20, 20)})
    assert found == pytest.approx({"a": 1 - 180 / 800, "b": 1 - 120 / 400})


@pytest.mark.parametrize("sparsity", [0.0, 0.05, 0.3, 0.5, 0.8, 0.9, 0.98, 0.999])
def test_all_together_have_the_sparsity_asked_for(sparsity: float) -> None:
    found = spread(sparsity, RESNET)
    zeros = math.fsum(found[name] * size for name, size in SIZES.items())
    assert zeros / sum(SIZES.values()) == pytest.approx(sparsity, abs=1e-12)
    assert all(0 <= own < 1 for own in found.values())


def test_no_kernel_gets_denser_when_all_get_sparser() -> None:
    steps = [spread(number / 50, RESNET) for number in range(50)]
    for before, after in itertools.pairwise(steps):
        assert all(after[name] >= before[name] - 1e-12 for name in RESNET)


def test_one_kernel_has_all_of_it() -> None:
    assert spread(0.7, {"a": (6, 8)}) == {"a": pytest.approx(0.7)}


def test_the_kernels_of_one_layer_count_together() -> None:
    """An LSTM of 64 units: of one input, its first kernel has few weights, the other has many."""
    lstm = [(1, 256), (64, 256)]
    found = erdos_renyi_kernel(0.8, {"lstm": lstm, "dense": [(64, 64)]})
    kept = 0.2 * (256 + 16384 + 4096)
    scale = kept / (257 + 320 + 128)
    assert found["lstm"] == pytest.approx(1 - scale * 577 / 16640)
    assert found["dense"] == pytest.approx(1 - scale * 128 / 4096)
