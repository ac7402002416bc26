"""The trade-off curve's parameters: which points can be made."""

import pytest

from secateur.core.errors import InputError
from secateur.recipes.scopes import Layer
from secateur.trade_off.points import TradeOff

TRAINING = {"optimizer": "Adam", "learning_rate": 0.01, "batch_size": 15}
SETTINGS = TradeOff(sparsities=[0.5, 0.8], training=TRAINING, epochs=4, ramp_epochs=2)


@pytest.mark.parametrize("sparsities", [[], [0.5, 0.5], [0.5, 0.5000001], [1.0], [0.0]])
def test_sparsities_that_make_no_curve_are_refused(sparsities: list[float]) -> None:
    with pytest.raises(ValueError, match="sparsities"):
        TradeOff(sparsities=sparsities, training=TRAINING, epochs=4, ramp_epochs=2)


def test_a_ramp_ends_on_a_mask_update_in_its_last_epoch() -> None:
    schedule = SETTINGS.pruned(0.8, rows=90).schedule  # 6 steps an epoch
    assert (schedule.begin_step, schedule.end_step, schedule.frequency) == (0, 10, 10)
    assert (schedule.initial, schedule.target) == (0.0, 0.8)


def test_a_ramp_that_does_not_fit_is_refused() -> None:
    settings = SETTINGS.model_copy(update={"ramp_epochs": 9})
    settings.model_copy(update={"epochs": 9}).check(90)
    with pytest.raises(InputError, match=r"trade_off\.ramp_epochs: 9: .*4 epochs"):
        settings.check(90)


def test_a_batch_larger_than_the_rows_is_refused() -> None:
    with pytest.raises(InputError, match=r"trade_off\.training\.batch_size: 15: .*14"):
        SETTINGS.check(14)


def test_a_network_without_a_layer_to_prune_is_refused_before_any_training() -> None:
    apart = Layer("SeparableConv2D", None, "it has not just one kernel")
    SETTINGS.check(90, {"apart": apart, "out": Layer("Dense", (4, 1))})
    with pytest.raises(InputError, match=r"trade_off: no layer .*apart \(SeparableConv2D\)"):
        SETTINGS.check(90, {"apart": apart})
