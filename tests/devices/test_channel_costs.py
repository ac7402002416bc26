"""The costs that a removal of channels asks for are those that the pipeline measures."""

import pickle
from typing import Any

import numpy as np
import pytest

from device_files import SETTINGS, conv_file
from secateur.compress import channel_removal
from secateur.compress.channel_removal import Measure
from secateur.core.errors import InputError
from secateur.core.tasks import TASKS
from secateur.devices import channel_costs, costs, ethos_u, file_figures, micro
from secateur.devices.costs import File
from secateur.export.minify import minify
from secateur.export.tflite import convert
from secateur.keras_io.backend import keras
from secateur.recipes.channel_terms import Npu, Terms
from secateur.recipes.channels import Channels, Keep

from device_files import rows_of  # isort: skip

L = keras.layers
NPU = Npu(accelerator=SETTINGS.accelerator, system=SETTINGS.system,
          memory_mode=SETTINGS.memory_mode)  # fmt: skip
ROWS = rows_of(16, 16, 3)
needs_vela = pytest.mark.skipif(ethos_u.version() is None, reason=ethos_u.ABSENT)
needs_micro = pytest.mark.skipif(micro.version() is None, reason=micro.ABSENT)


def network(width: int = 16) -> keras.Model:
    keras.utils.set_random_seed(0)
    given = keras.Input((16, 16, 3))
    x = L.ReLU()(L.BatchNormalization()(L.Conv2D(width, 3, padding="same", name="first")(given)))
    y = L.ReLU()(L.Conv2D(width, 3, padding="same", name="inner")(x))
    x = L.Add()([x, L.Conv2D(width, 3, padding="same", name="last")(y)])
    return keras.Model(given, L.Dense(3, "softmax")(L.GlobalAveragePooling2D()(x)))


def cost(keep: dict[str, Any], most: float | None = None) -> Any:
    return channel_costs.cost(Keep.model_validate(keep), Terms(most=most, npu=NPU), ROWS.x[:])


@needs_micro
def test_dead_channels_do_not_end_the_search_for_memory() -> None:
    """With few channels and no training all may be: tflite-micro aborts for a range of nothing."""
    dead = network(4)
    dead.layers[-1].set_weights([np.zeros((4, 3)), np.zeros(3)])
    assert cost({"peak_memory": "budget"}, 9e9)(dead) > 1000


@needs_vela
@needs_micro
def test_each_cost_is_that_of_the_file_as_the_pipeline_measures_it() -> None:
    model = network()
    files = {kind: minify(content) for kind, content in convert(model, ["float32", "int8"],
                                                                ROWS.x[:])}  # fmt: skip
    given = [File(files["int8"], ROWS)]
    (measured,) = costs.of_files(given, SETTINGS, TASKS["multiclass"])
    figures = {
        "peak_memory": measured["peak_activation_bytes"], "cycles": measured["cycles"],
        "flash": measured["flash_kib"], "file_bytes": len(files["float32"]),
    }  # fmt: skip
    for kind, figure in figures.items():
        one = pickle.loads(pickle.dumps(cost({kind: 0.5})))
        assert one(model) == figure > 0
    assert cost({"peak_memory": "budget"}, 9e9)(model) == measured["arena_bytes"]


@needs_vela
@pytest.mark.parametrize("kind", ["peak_memory", "cycles", "flash", "file_bytes"])
def test_channels_go_until_the_file_costs_its_share(kind: str) -> None:
    recipe = Channels.model_validate({"keep": {kind: 0.6}, "score": "l2", "round_to": 2})
    measure, model = Measure(cost({kind: 0.6}), {}), network()
    whole = channel_removal.whole(model, recipe, measure)
    gone = channel_removal.chosen(
        model, recipe, 1, whole, TASKS["multiclass"], ROWS, 4, 0, Terms(), measure
    )
    left = measure.cost(channel_removal.without(model, gone, ROWS, 4))
    assert 0.3 * whole < left <= 0.6 * whole


@needs_vela
def test_more_than_can_go_is_refused_with_what_can() -> None:
    recipe = Channels.model_validate({"keep": {"cycles": "budget"}, "min_channels": 8})
    measure = Measure(cost({"cycles": "budget"}, 100), {})
    with pytest.raises(InputError) as error:
        channel_removal.check(network(), recipe, 100, measure)
    said = str(error.value)
    for word in ("channels.keep.cycles: budget", "100 cycles at most", "cannot be below",
                 "raise budget.cycles to ", "lower min_channels (8)"):  # fmt: skip
        assert word in said
    channel_removal.check(network(), recipe, 1e9, measure)


def test_a_network_without_such_a_cost_has_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ethos_u, "version", lambda: None)
    recipe = Channels.model_validate({"keep": {"cycles": 0.5}})
    with pytest.raises(InputError, match=r"channels\.keep\.cycles: 0\.5: ethos-u-vela.* keep macs"):
        channel_removal.whole(network(), recipe, Measure(cost({"cycles": 0.5}), {}))


@needs_vela
def test_what_vela_refuses_is_told_from_its_process() -> None:
    with pytest.raises(ValueError, match="an Ethos-U computes in int8"):
        file_figures.on_ethos_u(conv_file("float32"), NPU)


@needs_micro
def test_what_tflite_micro_cannot_run_is_told_from_its_process() -> None:
    with pytest.raises(ValueError, match=r"arena|tflite-micro"):
        file_figures.arena_bytes(conv_file("int8")[:200], np.zeros((1, 8, 8, 1), np.float32))


def test_a_budget_cannot_be_judged_where_the_cpu_does_a_part() -> None:
    figures = {"cycles": 5, "flash_kib": 1.0, "cpu_operators": {"CUMSUM": 1}}
    assert channel_costs._on_ethos_u("cycles", figures, Terms(npu=NPU)) == 5
    with pytest.raises(ValueError, match="leaves 1 CUMSUM"):
        channel_costs._on_ethos_u("cycles", figures, Terms(npu=NPU, most=9))
    with pytest.raises(ValueError, match="leaves 1 CUMSUM"):
        channel_costs._on_ethos_u("cycles", {**figures, "cycles": 0}, Terms(npu=NPU))


def test_weights_in_dram_have_no_flash() -> None:
    figures = {"cycles": 5, "dram_kib": 1.0, "cpu_operators": {}}
    with pytest.raises(ValueError, match=r"measure_costs\.memory_mode Shared_Sram"):
        channel_costs._on_ethos_u("flash", figures, Terms(npu=NPU))
