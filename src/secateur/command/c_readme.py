"""The README of a network for tflite-micro: what it takes and gives, and how to run it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from secateur.arrays.encoding import Array, Category, Encoding, Number
from secateur.command import ship
from secateur.command.c_files import Network, Tensor

FIELDS = {"int8_t": "int8", "int16_t": "i16", "float": "f"}  # of TfLiteTensor's data


def compared(network: Network) -> str:
    """Return how far tflite-micro's output for the test row is from LiteRT's, in words."""
    if not network.apart:
        return "tflite-micro gives the same bytes as LiteRT for the test row"
    own = network.expected
    of = "at most" if own.type == "float" else f"of {own.values.dtype}"
    return f"tflite-micro differs from LiteRT by {network.apart:.3g} {of} for the test row"


def text(
    network: Network,
    chosen: ship.Choice,
    learned: Encoding,
    inputs: Sequence[int] | None,
    error: str,
    worse: str,
) -> str:
    """Return the README; `inputs` are the numbers of those that the file reads (None: all)."""
    space = network.namespace
    operators = ", ".join(method.removeprefix("Add") for method in network.methods)
    taken, given = FIELDS[network.given.type], FIELDS[network.expected.type]
    return f"""# {chosen.model}, for tflite-micro

`{chosen.artifact}` of the model `{chosen.model}`, seed {chosen.seed}: \
{len(network.content):,} bytes, an arena of {network.arena_bytes:,} bytes,
test {error}{worse}.

| file | what it holds |
|---|---|
| `model.h`, `model.cc` | the TFLite file as an aligned array, its length, the size of the arena |
| `resolver.h` | the operators that it needs: {operators} |
| `test_vector.h` | a row of the test data, and what LiteRT's reference kernels give for it |
| `encoding.json` | how a row becomes the model's inputs, and what its outputs mean, for programs |

## Run it

Add the folder to a project that has [tflite-micro](https://github.com/tensorflow/tflite-micro),
compile `model.cc`, and let the device check itself once:

```cpp
#include <cstring>

#include "model.h"
#include "resolver.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/system_setup.h"
#include "tensorflow/lite/schema/schema_generated.h"
#include "test_vector.h"

namespace {{
alignas(16) unsigned char arena[{space}::kTensorArenaSize];
}}

int main() {{
  tflite::InitializeTarget();
  static tflite::MicroMutableOpResolver<{space}::kOperators> resolver;
  if ({space}::RegisterOperators(resolver) != kTfLiteOk) return 1;
  static tflite::MicroInterpreter interpreter(
      tflite::GetModel({space}::g_model), resolver, arena, sizeof(arena));
  if (interpreter.AllocateTensors() != kTfLiteOk) return 2;
  std::memcpy(interpreter.input(0)->data.{taken}, {space}::kTestInput,
              sizeof({space}::kTestInput));
  if (interpreter.Invoke() != kTfLiteOk) return 3;
  return {space}::MatchesTestVector(interpreter.output(0)->data.{given}) ? 0 : 4;
}}
```

Where this was exported, {compared(network)}.
The arena is what tflite-micro {network.version} needs on a 64-bit machine, with its reference
kernels: an upper bound for 32 bits. Other kernels, such as CMSIS-NN's, may need more;
`interpreter.arena_used_bytes()` tells.

## What it takes

{_takes(learned, inputs, network.given)}
{_stored(network.given, "Input")}
## What it gives

{_gives(learned, network.expected)}
{_given_back(network.expected)}"""


def _takes(learned: Encoding, inputs: Sequence[int] | None, given: Tensor) -> str:
    item = learned.columns[0]
    if isinstance(item, Array):
        shape = " × ".join(map(str, given.values.shape[1:]))
        read = "" if inputs is None else f" Of a row, it reads the values {_listed(inputs)}."
        kind = "pictures' pixels, rows × columns × channels" if item.image else "values"
        return f"{shape} {kind}, the last axis fastest, each as {_number(item)}.{read}"
    names = [name for column in learned.columns for name in _inputs(column)]
    rows = [names[number] for number in (range(len(names)) if inputs is None else inputs)]
    lines = [f"| {number} | {row} |" for number, row in enumerate(rows)]
    return "\n".join(["| input | column | value |", "|---|---|---|", *lines])


def _inputs(item: Any) -> list[str]:
    """Return the cells of a line for each input of a column."""
    name = _cell(item.name)
    if isinstance(item, Category):
        missing = "" if item.most_frequent is None else f"; missing: {_cell(item.most_frequent)}"
        return [f"{name} | 1 if it is {_cell(level)}, else 0{missing}" for level in item.levels]
    unit = f" in {_cell(item.unit)}" if item.unit else ""
    missing = "" if item.median is None else f"; missing: {item.median!r}"
    return [f"{name} | {_number(item)}{unit}{missing}"]


def _number(item: Number | Array) -> str:
    return f"(value - {_signed(item.mean)}) / {item.std!r}"


def _signed(number: float) -> str:
    return f"({number!r})" if number < 0 else repr(number)


def _cell(name: str) -> str:
    """Return a name as a table's cell shows it."""
    return "`" + " ".join(name.split()).replace("|", "\\|").replace("`", "'") + "`"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _stored(tensor: Tensor, what: str) -> str:
    if tensor.type == "float":
        return ""
    ends = np.iinfo(tensor.values.dtype)
    return (
        f"\nEach is stored as {tensor.values.dtype}: the nearest whole number to value / "
        f"k{what}Scale, plus k{what}ZeroPoint,\nfrom {ends.min} to {ends.max} "
        f"(scale {tensor.scale:.9g}, zero point {tensor.zero_point}).\n"
    )


def _gives(learned: Encoding, expected: Tensor) -> str:
    target = learned.target
    if target.inputs:
        return "What it takes, as near as it can. Its error is the mean of the squared differences."
    if target.classes is not None:
        classes = [_cell(str(one)) for one in target.classes]
        name = _cell(target.names[0])
        if learned.task == "binary":
            return f"The probability that {name} is {classes[1]}, and not {classes[0]}."
        return f"For each class of {name} its probability, in this order: {', '.join(classes)}."
    means = target.mean if isinstance(target.mean, list) else [target.mean]
    stds = target.std if isinstance(target.std, list) else [target.std]
    found = [
        f"| {number} | {_cell(name)} | output * {std!r} + {_signed(mean or 0.0)} |"
        for number, (name, mean, std) in enumerate(zip(target.names, means, stds, strict=True))
    ]
    return "\n".join(["| output | what | value |", "|---|---|---|", *found])


def _given_back(tensor: Tensor) -> str:
    if tensor.type == "float":
        return ""
    return (
        "\nAn output is (stored - kOutputZeroPoint) * kOutputScale "
        f"(scale {tensor.scale:.9g}, zero point {tensor.zero_point}).\n"
    )
