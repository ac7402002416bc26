"""LiteRT predicts what Keras does, and what is in a file is counted."""

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from secateur.core import processors
from secateur.evaluate import litert, operators
from secateur.export.minify import minify
from secateur.export.tflite import convert
from secateur.keras_io.backend import keras
from small_networks import listing, network
from tflite_files import TYPES, pruned_network, rows_of

ALLOWED = {"float32": 1e-4, "float16": 2e-2, "dynamic": 0.3, "int8": 0.6}


@pytest.fixture(scope="module")
def model() -> keras.Model:
    return pruned_network()


@pytest.fixture(scope="module")
def files(model: keras.Model) -> dict[str, bytes]:
    return dict(convert(model, TYPES, rows_of(model).x[:100]))


@pytest.mark.parametrize("reference", [True, False])
@pytest.mark.parametrize("kind", TYPES)
def test_each_type_predicts_what_keras_does(
    files: dict[str, bytes], model: keras.Model, kind: str, reference: bool
) -> None:
    x = rows_of(model).x
    predicted = litert.predict(files[kind], x, reference=reference)
    assert predicted.dtype == np.float32
    assert np.max(np.abs(predicted - model(x).numpy())) < ALLOWED[kind]


@pytest.mark.parametrize("kind", ["float32", "float16"])
def test_weights_are_those_of_the_model(
    files: dict[str, bytes], model: keras.Model, kind: str
) -> None:
    found = operators.weights(operators.read(files[kind]))
    nonzero = sum(int(np.count_nonzero(w)) for w in model.get_weights())
    assert sum(int(np.count_nonzero(array)) for array in found) == nonzero
    assert {array.dtype for array in found} == {np.dtype(kind)}
    assert operators.macs(operators.read(files[kind])) == 10 * 128 + 128


def test_integers_that_are_a_shape_are_no_weights_and_a_convolution_multiplies_at_every_place(
) -> None:  # fmt: skip
    layers = [{"type": "Conv2D", "filters": 3, "kernel_size": 2}, {"type": "Flatten"}]
    model = network(listing(*layers), [5, 4, 1])
    ((_, content),) = convert(model, ["float32"], np.empty(0))
    assert operators.macs(operators.read(content)) == 3 * 4 * (4 * 3) + 4 * 3 * 3
    counted = sum(array.size for array in operators.weights(operators.read(content)))
    assert model.count_params() - 4 <= counted <= model.count_params()  # a zero bias may go


@pytest.mark.parametrize("reference", [True, False])
def test_litert_tells_nothing_of_its_delegates(reference: bool) -> None:
    """In a process of its own: LiteRT tells once in a process."""
    code = (
        "import numpy as np; from tflite_files import pruned_network, rows_of\n"
        "from secateur.export.tflite import convert; from secateur.evaluate import litert\n"
        "model = pruned_network(); ((_, content),) = convert(model, ['float32'], np.empty(0))\n"
        f"litert.predict(content, rows_of(model).x, reference={reference})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    assert done.stdout + done.stderr == ""


def test_a_stage_with_one_processor_uses_those_that_stages_share(
    one_processor: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = pruned_network()
    content = dict(convert(model, ["int8"], rows_of(model).x))["int8"]
    monkeypatch.setattr(litert, "rows_at_once", lambda cells: 7)
    used, of_block = [], litert._of_block

    def noted(*given: Any) -> Any:
        used.append(processors.usable())
        return of_block(*given)

    monkeypatch.setattr(litert, "_of_block", noted)
    monkeypatch.setenv(processors.SHARED, ",".join(map(str, one_processor)))
    litert.predict(content, rows_of(model).x)
    assert processors.usable() == one_processor[:1]  # its own are as before
    assert used
    assert all(own == one_processor for own in used)


def test_processors_share_the_rows_and_equal_files_run_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = pruned_network()
    content = dict(convert(model, ["int8"], rows_of(model).x))["int8"]
    x = rows_of(model).x
    whole = litert.predict(content, x)
    monkeypatch.setattr(litert, "rows_at_once", lambda cells: 7)
    own = processors.usable()
    for number in (1, 3):
        monkeypatch.setattr(litert.processors, "shared", lambda number=number: own[:1] * number)
        np.testing.assert_array_equal(litert.predict(content, x), whole)
    runs: list[bool] = []
    monkeypatch.setattr(
        litert, "predict", lambda content, x, reference: runs.append(reference) or whole
    )
    predict = litert.predictor(x)
    for file in (bytes(content), minify(content)):  # names are no part of a graph
        for reference in (True, False, True):
            assert predict(file, reference) is whole
    assert runs == [True, False]
