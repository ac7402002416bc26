"""The C++ files of a network for tflite-micro, as text."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

C_TYPES = {
    "int8": "int8_t",
    "int16": "int16_t",
    "float32": "float",
}  # by NumPy's name, what a file takes and gives
FLOAT_TOLERANCE = 1e-4  # of one plus the largest output, as between LiteRT's kernels


class Tensor(NamedTuple):
    """A file's input or output, and what it holds for the test row."""

    values: np.ndarray  # (1, *shape) int8, int16 or float32
    scale: float  # value = (stored - zero_point) * scale; 0 in a float file
    zero_point: int

    @property
    def type(self) -> str:
        """Return the C++ type of one value."""
        return C_TYPES[self.values.dtype.name]


class Network(NamedTuple):
    """What the files say of a network."""

    name: str  # of the model: letters, digits and underscores
    content: bytes  # of the TFLite file
    methods: Sequence[str]  # of tflite-micro's resolver
    arena_bytes: int
    version: str  # of the tflite-micro that needed this arena
    given: Tensor
    expected: Tensor  # what LiteRT's reference kernels give
    apart: float  # the largest difference of tflite-micro's output, stored; 0: the same bytes

    @property
    def namespace(self) -> str:
        """Return the namespace of all that the files declare."""
        return f"model_{self.name}"

    @property
    def tolerance(self) -> float:
        """Return how far an output that is right may be from the expected one, as stored."""
        if self.expected.type != "float":
            return self.apart
        return max(
            FLOAT_TOLERANCE * (1 + float(np.abs(self.expected.values).max())), 2 * self.apart
        )


def files(network: Network) -> dict[str, str]:
    """Return the text of each file, by its name."""
    return {
        "model.h": _model_h(network),
        "model.cc": _model_cc(network),
        "resolver.h": _resolver_h(network),
        "test_vector.h": _test_vector_h(network),
    }


def _model_h(network: Network) -> str:
    given, expected = network.given, network.expected
    scales = ""
    if {given.type, expected.type} != {"float"}:
        scales = "\n// value = (stored - zero point) * scale\n"
    for what, tensor in (("Input", given), ("Output", expected)):
        if tensor.type != "float":
            scales += f"constexpr float k{what}Scale = {_float(tensor.scale)};\n"
            scales += f"constexpr int k{what}ZeroPoint = {tensor.zero_point};\n"
    return _header(network, "model.h", [], f"""\
// The TFLite file; tflite-micro reads it where it lies, and wants it aligned.
alignas(16) extern const unsigned char g_model[];
extern const unsigned int g_model_len;

// Bytes. tflite-micro {network.version} needs as many on a 64-bit machine, with its reference
// kernels: an upper bound for 32 bits, where pointers are half as long. Other kernels may ask for
// more; MicroInterpreter::arena_used_bytes() tells on the device.
constexpr unsigned int kTensorArenaSize = {network.arena_bytes};

// Values of one row.
constexpr unsigned int kInputSize = {given.values.size};
constexpr unsigned int kOutputSize = {expected.values.size};
{scales}""")  # fmt: skip


def _model_cc(network: Network) -> str:
    values = [f"0x{value:02x}" for value in network.content]
    return f"""#include "model.h"

namespace {network.namespace} {{

alignas(16) const unsigned char g_model[] = {{
{_lines(values)}
}};
const unsigned int g_model_len = {len(network.content)};

}}  // namespace {network.namespace}
"""


def _resolver_h(network: Network) -> str:
    count = len(network.methods)
    calls = "".join(
        f"  if (resolver.{method}() != kTfLiteOk) return kTfLiteError;\n"
        for method in network.methods
    )
    include = '"tensorflow/lite/micro/micro_mutable_op_resolver.h"'
    return _header(network, "resolver.h", [include], f"""\
// The operators that the model needs, and no others, so that only they are linked.
constexpr unsigned int kOperators = {count};

inline TfLiteStatus RegisterOperators(tflite::MicroMutableOpResolver<kOperators>& resolver) {{
{calls}  return kTfLiteOk;
}}
""")  # fmt: skip


def _test_vector_h(network: Network) -> str:
    given, expected = network.given, network.expected
    kind = "float" if expected.type == "float" else "int"
    tolerance = int(network.tolerance) if kind == "int" else network.tolerance
    return _header(network, "test_vector.h", ["<cstdint>", '"model.h"'], f"""\
// One row of the test data, as the model takes it.
alignas(16) constexpr {given.type} kTestInput[kInputSize] = {{
{_lines(_literals(given.values))}
}};

// What LiteRT's reference kernels give for it.
constexpr {expected.type} kTestOutput[kOutputSize] = {{
{_lines(_literals(expected.values))}
}};
constexpr {kind} kTestTolerance = {tolerance if kind == "int" else _float(tolerance)};

// Whether an output is the expected one.
inline bool MatchesTestVector(const {expected.type}* output) {{
  for (unsigned int i = 0; i < kOutputSize; ++i) {{
    const {kind} apart = output[i] - kTestOutput[i];
    if (!(apart <= kTestTolerance && -apart <= kTestTolerance)) return false;
  }}
  return true;
}}
""")  # fmt: skip


def _header(network: Network, file: str, includes: Sequence[str], declared: str) -> str:
    guard = f"{network.namespace}_{file}_".upper().replace(".", "_")
    included = "".join(f"#include {name}\n" for name in includes) + "\n" * bool(includes)
    return f"""#ifndef {guard}
#define {guard}

{included}namespace {network.namespace} {{

{declared}
}}  // namespace {network.namespace}

#endif  // {guard}
"""


def _literals(values: np.ndarray) -> list[str]:
    flat = values.ravel().tolist()
    return [_float(value) if values.dtype == np.float32 else str(value) for value in flat]


def _float(value: float) -> str:
    """Return a literal from which a compiler restores the float32; nine digits do."""
    text = f"{value:.9g}"
    return f"{text}f" if {".", "e"} & set(text) else f"{text}.0f"


def _lines(literals: Sequence[str]) -> str:
    step = 12 if max(map(len, literals)) <= 4 else 6
    rows = [literals[i : i + step] for i in range(0, len(literals), step)]
    return "\n".join(f"    {', '.join(row)}," for row in rows)
