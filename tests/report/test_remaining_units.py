"""What pruning has left of each layer's units."""

import numpy as np

from made_up_results import results, results_of_classes
from secateur.report import remaining_units, style


def test_units_of_a_compacted_network_are_those_still_connected() -> None:
    with style.style():
        (picture,) = remaining_units.figures(results([0.1] * 5))
    assert picture.name == "alive_hidden_1"
    for word in ("hidden_1", "still connected", "of 8", "fewest, 4"):
        assert word in picture.title


def test_filters_that_compaction_has_removed_are_no_longer_connected() -> None:
    """A dead filter may stay as a constant: it counts as long as the file has it."""
    made = results_of_classes(["no", "yes"])
    seeds = made.after["baseline"]
    smaller = {
        seed: {**kernels, "conv_1": kernels["conv_1"][..., :2]} for seed, kernels in seeds.items()
    }
    model = made.models[-1]
    with style.style():
        (picture,) = remaining_units.figures(
            made._replace(compacted={**made.compacted, model: smaller})
        )
    for word in ("conv_1", "filters still connected", "of 4", f"fewest, 2, in {model}"):
        assert word in picture.title


def test_kernels_that_lie_in_one_vector_count_no_units() -> None:
    made = results([0.1] * 5)
    kernels = {"memory": np.ones(60), "dense": np.ones((4, 3)), "output": np.ones((3, 1))}
    same = {model: {0: kernels} for model in made.models}
    with style.style():
        found = remaining_units.figures(made._replace(after=same, compacted=same))
    assert [picture.name for picture in found] == ["alive_dense"]


def test_units_of_files_that_have_lost_none_are_those_that_are_not_all_zero() -> None:
    with style.style():
        (picture,) = remaining_units.figures(results_of_classes(["no", "yes"]))
    for word in ("conv_1", "filters", "not all zero", "of 4", "fewest, 3"):
        assert word in picture.title


def test_of_many_layers_the_largest_are_drawn() -> None:
    random = np.random.default_rng(0)
    made = results([0.1] * 5)
    kernels = {f"layer_{i}": random.normal(size=(4, 9 + i)) for i in range(20)}
    kernels |= {"depth": random.normal(size=(4, 1)), "output": random.normal(size=(9, 1))}
    same = {model: {0: kernels} for model in made.models}
    with style.style():
        found = remaining_units.figures(made._replace(after=same, compacted=same))
    names = [f"alive_layer_{i}" for i in range(8, 20)]
    assert [picture.name for picture in found] == names
    assert len(found) == remaining_units.LAYERS
