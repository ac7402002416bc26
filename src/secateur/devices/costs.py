"""What each device pays for a file: figures that repeat byte for byte."""

import functools
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from secateur.arrays.rows import Rows
from secateur.core.params import Params
from secateur.core.tasks import Task
from secateur.devices import apart, ethos_u, micro
from secateur.devices.apart import Failed
from secateur.devices.ethos_u import Accelerator
from secateur.evaluate import litert, operators
from secateur.evaluate.scoring import largest_difference

CPU, MICRO, ETHOS_U = "cpu", "microcontroller", "ethos_u"
DAMAGED = "the file is damaged"


class MeasureCosts(Params):
    """Parameters of `measure_costs`: the devices, and how far they are tried."""

    accelerator: Annotated[
        Accelerator, Field(description="The Ethos-U that Vela compiles for, with its MACs a cycle")
    ]
    system: Annotated[
        str,
        Field(
            description="Clock and memories of the chip: a `System_Config` of Vela's own for the "
            "accelerator, such as `Ethos_U55_High_End_Embedded`; docs/devices.md lists them"
        ),
    ]
    memory_mode: Annotated[
        str,
        Field(
            description="Where weights and activations lie: a `Memory_Mode` of Vela's own for the "
            "system. Any has `Sram_Only` and `Shared_Sram`; docs/devices.md lists them"
        ),
    ]
    rows: Annotated[
        int,
        Field(ge=1, le=10_000, description="Test rows that tflite-micro predicts, beside LiteRT"),
    ]
    largest_arena_bytes: Annotated[
        int,
        Field(
            ge=1_024,
            le=1 << 30,
            description="The largest arena of a microcontroller; no file that needs more runs",
        ),
    ]

    @model_validator(mode="after")
    def _known(self) -> Self:
        ethos_u.check(self.accelerator, self.system, self.memory_mode)
        return self


class File(NamedTuple):
    """A file, and a few test rows as it takes them."""

    content: bytes
    rows: Rows


def of_files(files: Sequence[File], settings: MeasureCosts, task: Task) -> Iterator[dict[str, Any]]:
    """Yield what each file costs, in their order; equal files with equal rows are measured once.

    Of the file: `bytes`, `macs`, `weights`, `nonzero`, `peak_activation_bytes` and `operators`. On
    a microcontroller: `arena_bytes` and `micro_difference`, the largest difference of predictions
    from LiteRT's, as `evaluate.scoring` has it. On an Ethos-U: what `ethos_u.compiled` returns.
    `why` says, by device, why one has no figures; the device of the file's own is `cpu`.

    Raises:
        InputError: the system ends what measures a file, twice.
    """
    keys = [(file.content, np.asarray(file.rows.x[:]).tobytes()) for file in files]
    equal = {key: number for number, key in enumerate(keys)}
    tasks = [(device, number) for number in equal.values() for device in (CPU, MICRO, ETHOS_U)]
    work = functools.partial(_measured, files, settings, task)
    found: dict[int, dict[str, Any]] = {number: {"why": {}} for number in equal.values()}
    for done, result in apart.each(work, tasks):
        device, number = tasks[done]
        if isinstance(result, Failed):
            found[number]["why"][device] = _reason(device, result, settings)
        else:
            found[number] |= result
    for file, key in zip(files, keys, strict=True):
        own = found[equal[key]]
        why = own["why"]
        if not litert.is_model(file.content):
            why = dict.fromkeys((CPU, MICRO, ETHOS_U), DAMAGED)
        yield {**own, "bytes": len(file.content), "why": dict(sorted(why.items()))}


def _measured(
    files: Sequence[File], settings: MeasureCosts, task: Task, item: tuple[str, int]
) -> dict[str, Any]:
    device, number = item
    content, rows = files[number]
    if device == CPU:
        return _of_file(content)
    if device == ETHOS_U:
        if ethos_u.version() is None:
            raise ValueError(ethos_u.ABSENT)
        npu = settings.accelerator, settings.system, settings.memory_mode
        return ethos_u.compiled(content, *npu)
    if micro.version() is None:
        raise ValueError(micro.ABSENT)
    run = micro.run(content, np.asarray(rows.x[:]), settings.largest_arena_bytes)
    of_litert = litert.predict(content, rows.x)
    if differs := micro.wrong(run, of_litert):
        raise ValueError(differs)
    apart_by = largest_difference(run.outputs, of_litert, rows, task)
    return {"arena_bytes": run.arena_bytes, "micro_difference": apart_by}


def _of_file(content: bytes) -> dict[str, Any]:
    graph = operators.read(content)
    each = operators.of(graph)
    return {
        "macs": sum(one.macs for one in each),
        "weights": sum(one.weights for one in each),
        "nonzero": sum(one.nonzero for one in each),
        "peak_activation_bytes": operators.peak_activation_bytes(graph),
        "operators": each,
    }


def _reason(device: str, failed: Failed, settings: MeasureCosts) -> str:
    """Return the sentence; `ValueError` of this package already is one."""
    kind, _, message = failed.reason.partition(": ")
    if kind == "ValueError" or not message:
        return message or failed.reason
    if device == MICRO:
        return micro.why(message, failed.printed, settings.largest_arena_bytes)
    return failed.reason
