"""Exported C++ sources compile, hold the file, and say what the real interpreters need and give."""

import json
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exportable_project import project
from secateur.command import exporting_c, op_resolver
from secateur.core.errors import InputError
from secateur.core.files import write_json
from secateur.export import interpreter
from secateur.keras_io.backend import keras

MODEL = Path("models/tflite/small")
EXPORTED = Path("../exported")
COMPILER = shutil.which("g++")
compiles = pytest.mark.skipif(COMPILER is None, reason="there is no C++ compiler")
WARNINGS = ["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
# In place of tflite-micro's own: each method notes that it was called.
RESOLVER = """
#pragma once
#include <string>
#include <vector>
enum TfLiteStatus {{ kTfLiteOk, kTfLiteError }};
inline std::vector<std::string> called;
inline std::string failing;
namespace tflite {{
template <unsigned int most> class MicroMutableOpResolver {{
 public:
{methods}
 private:
  TfLiteStatus Note(const char* name) {{
    called.push_back(name);
    return called.size() > most || name == failing ? kTfLiteError : kTfLiteOk;
  }}
}};
}}
"""
MAIN = """
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <vector>
#include "model.h"
#include "resolver.h"
#include "test_vector.h"
using namespace model_small;
static_assert(__alignof__(g_model) == 16 && __alignof__(kTestInput) == 16, "aligned");
static void write(const char* name, const void* from, std::size_t bytes) {
  std::ofstream(name, std::ios::binary).write(static_cast<const char*>(from), bytes);
}
int main() {
  write("model", g_model, g_model_len);
  write("input", kTestInput, sizeof kTestInput);
  write("output", kTestOutput, sizeof kTestOutput);
  std::vector<std::remove_const_t<std::remove_extent_t<decltype(kTestOutput)>>> one(
      kTestOutput, kTestOutput + kOutputSize);
  const bool same = MatchesTestVector(one.data());
  one.back() += one.back() > 0 ? -2 * kTestTolerance - 1 : 2 * kTestTolerance + 1;
  const bool other = MatchesTestVector(one.data());
  std::cout << reinterpret_cast<std::uintptr_t>(g_model) % 16 << ' ' << same << other << ' '
            << kInputSize << ' ' << kOutputSize << ' ' << kTensorArenaSize << ' ' << kOperators;
  tflite::MicroMutableOpResolver<kOperators> resolver;
  std::cout << ' ' << (RegisterOperators(resolver) == kTfLiteOk);
  for (const auto& name : called) std::cout << ' ' << name;
  failing = called.back();
  called.clear();
  std::cout << ' ' << (RegisterOperators(resolver) == kTfLiteOk);
}
"""
# In place of tflite-micro's own: the network gives what is expected.
INTERPRETER = """
#pragma once
#include <cstring>
#include "resolver.h"
#include "test_vector.h"
struct Data { float* f; signed char* int8; };
struct TfLiteTensor { Data data; };
namespace tflite {
struct Model {};
inline void InitializeTarget() {}
inline const Model* GetModel(const void*) { return nullptr; }
struct MicroInterpreter {
  template <typename R> MicroInterpreter(const Model*, R&, unsigned char*, std::size_t given) {
    enough = given == model_small::kTensorArenaSize;
  }
  TfLiteStatus AllocateTensors() { return enough ? kTfLiteOk : kTfLiteError; }
  TfLiteStatus Invoke() {
    using namespace model_small;
    if (std::memcmp(in, kTestInput, sizeof kTestInput)) return kTfLiteError;
    std::memcpy(out, kTestOutput, sizeof kTestOutput);
    return kTfLiteOk;
  }
  TfLiteTensor* input(int) { return &given; }
  TfLiteTensor* output(int) { return &found; }
  bool enough;
  alignas(16) char in[4096], out[4096];
  TfLiteTensor given{{reinterpret_cast<float*>(in), reinterpret_cast<signed char*>(in)}};
  TfLiteTensor found{{reinterpret_cast<float*>(out), reinterpret_cast<signed char*>(out)}};
};
}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")


def table(*kinds: str, **more: Any) -> None:
    draws = np.random.default_rng(0)
    lines = [f"{a:.3f},{'EU' if a > 0 else 'AS'},{b:.3f},{a - b:.3f}" for a, b in
             draws.normal(size=(30, 2)).tolist()]  # fmt: skip
    Path("t.csv").write_text("\n".join(["size,area|code,weight,y", *lines]) + "\n")
    project("regression", *kinds, source="t.csv", **more)


def pictures(*kinds: str, shape: tuple[int, ...] = (6, 6, 2), **more: Any) -> None:
    draws = np.random.default_rng(0)
    x = draws.integers(0, 255, (40, *shape), dtype=np.uint8)
    np.savez("a.npz", x=x, y=np.arange(40) % 3)
    project("multiclass", *kinds, source="a.npz", **more)


def convolutions() -> list[keras.layers.Layer]:
    return [
        keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="conv"),
        keras.layers.DepthwiseConv2D(3, name="depthwise"),
        keras.layers.AveragePooling2D(2, name="pool"),
    ]


def export(**chosen: Any) -> list[str]:
    return exporting_c.export("recommended", EXPORTED, **chosen)


def refused(model: str = "small", **chosen: Any) -> str:
    with pytest.raises(InputError) as raised:
        exporting_c.export(model, EXPORTED, **chosen)
    return str(raised.value)


def content(kind: str) -> bytes:
    return (MODEL / f"minified_{kind}/seed_3.tflite").read_bytes()


def built(main: str, stubs: dict[str, str]) -> Path:
    """Compile a program with the exported sources; return its folder."""
    folder = Path("../built")
    include = folder / "tensorflow/lite"
    for name, text in stubs.items():
        (include / name).parent.mkdir(parents=True, exist_ok=True)
        (include / name).write_text(text)
    (folder / "main.cc").write_text(main)
    subprocess.run(
        [COMPILER, *WARNINGS, f"-I{folder}", f"-I{EXPORTED}", folder / "main.cc",
         EXPORTED / "model.cc", "-o", folder / "main"], check=True,
    )  # fmt: skip
    return folder


def resolver() -> dict[str, str]:
    methods = "".join(
        f'  TfLiteStatus {name}() {{ return Note("{name}"); }}\n'
        for name in op_resolver.BY_OPERATOR.values()
    )
    return {"micro/micro_mutable_op_resolver.h": RESOLVER.format(methods=methods)}


def on_micro(content: bytes, row: np.ndarray, arena: int) -> bytes | None:
    """What tflite-micro gives with an arena of so many bytes, in a process of its own.

    Nothing, if it does not run; it may crash.
    """
    code = (
        "import pickle, sys; from tflite_micro.python.tflite_micro import runtime\n"
        "content, row, arena = pickle.load(sys.stdin.buffer)\n"
        "one = runtime.Interpreter.from_bytes(content, arena_size=arena)\n"
        "one.set_input(row, 0); one.invoke(); sys.stdout.write(one.get_output(0).tobytes().hex())"
    )
    given = pickle.dumps((content, row, arena))
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, input=given, capture_output=True, check=False)
    return None if done.returncode else bytes.fromhex(done.stdout.decode())


@compiles
@pytest.mark.parametrize("kind", ["float32", "int8"])
@pytest.mark.parametrize("network", ["table", "pictures"])
def test_the_sources_compile_and_hold_what_the_interpreters_need_and_give(
    network: str, kind: str
) -> None:
    if network == "table":
        table(kind, inputs=[0, 2, 3])
    else:
        pictures(kind, layers=convolutions())
    said = export()
    folder = built(MAIN, resolver())
    printed = subprocess.run(["./main"], cwd=folder, capture_output=True, text=True, check=True)
    address, same, inputs, outputs, arena, operators, good, *called, failed = printed.stdout.split()
    assert (address, same, good, failed) == ("0", "10", "1", "0")
    file = content(kind)
    assert (folder / "model").read_bytes() == file
    methods = {"AddFullyConnected", "AddReshape"}
    if network == "pictures":
        methods = {"AddAveragePool2D", "AddConv2D", "AddDepthwiseConv2D", "AddFullyConnected",
                   "AddReshape", "AddSoftmax"}  # fmt: skip
    assert set(called) <= methods
    assert set(called) >= methods - {"AddReshape"}  # the converter may leave it out
    assert len(called) == len(set(called)) == int(operators)

    kept = np.float32 if kind == "float32" else np.int8
    row = np.frombuffer((folder / "input").read_bytes(), kept)
    row = row.reshape(1, *((3,) if network == "table" else (6, 6, 2)))
    assert row.size == int(inputs)
    assert len(set(row.ravel().tolist())) > 1
    own = interpreter.reference(file)
    own.set_tensor(own.get_input_details()[0]["index"], row)
    own.invoke()
    litert = own.get_tensor(own.get_output_details()[0]["index"])
    assert (folder / "output").read_bytes() == litert.tobytes()
    assert litert.size == int(outputs)
    given = on_micro(file, row, int(arena))
    assert given
    micro = np.frombuffer(given, kept)
    np.testing.assert_allclose(micro, litert.ravel(), atol=1e-6 if kind == "float32" else 1)
    assert ("the same bytes" in said[0]) == (micro.tobytes() == litert.tobytes())
    assert f"arena {int(arena):,} bytes" in said[0]
    assert on_micro(file, row, int(arena) - 1) is None


@compiles
@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_the_program_of_the_readme_compiles_and_checks_the_device(kind: str) -> None:
    pictures(kind, layers=convolutions())
    export()
    (main,) = re.findall(r"```cpp\n(.*?)```", (EXPORTED / "README.md").read_text(), re.S)
    stubs = {"micro/micro_interpreter.h": INTERPRETER, "micro/system_setup.h": "#pragma once\n"}
    folder = built(main, {**resolver(), **stubs, "schema/schema_generated.h": "#pragma once\n"})
    assert subprocess.run([folder.resolve() / "main"], check=False).returncode == 0


@pytest.mark.parametrize(
    ("operator", "method"),
    [
        ("CONV_2D", "AddConv2D"), ("DEPTHWISE_CONV_2D", "AddDepthwiseConv2D"), ("SVDF", "AddSvdf"),
        ("BATCH_TO_SPACE_ND", "AddBatchToSpaceNd"), ("LOGISTIC", "AddLogistic"),
        ("SPLIT_V", "AddSplitV"), ("PADV2", "AddPadV2"), ("L2_POOL_2D", "AddL2Pool2D"),
        ("BATCH_MATMUL", "AddBatchMatMul"), ("CUMSUM", "AddCumSum"), ("RELU6", "AddRelu6"),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", "AddUnidirectionalSequenceLSTM"),
    ],
)  # fmt: skip
def test_an_operator_has_the_method_that_tflite_micro_gives_it(operator: str, method: str) -> None:
    assert op_resolver.BY_OPERATOR[op_resolver.key(operator)] == method


def test_every_method_adds_an_operator_of_the_schema() -> None:
    known = {op_resolver.key(name) for name in op_resolver.NAMES.values()}
    assert set(op_resolver.BY_OPERATOR) <= known
    assert len(op_resolver.BY_OPERATOR) == 100


def test_an_operator_that_tflite_micro_lacks_is_named_before_anything_is_written() -> None:
    layers = [keras.layers.Conv3D(2, 2, name="conv")]
    pictures("float32", shape=(3, 4, 4, 1), layers=layers)
    for chosen in ({}, {"artifact": "minified_float32"}):
        message = refused(**chosen)
        assert "tflite-micro has no CONV_3D" in message
        assert "minified_float32/seed_3.tflite" in message
    assert not EXPORTED.exists()


@pytest.mark.parametrize("kind", ["float16", "dynamic"])
def test_a_file_that_tflite_micro_cannot_run_is_refused_with_its_words(kind: str) -> None:
    layers = [keras.layers.Flatten(name="flat"), keras.layers.Dense(64, name="hidden")]
    pictures(kind, "float32", layers=layers)
    message = refused(artifact=f"minified_{kind}")
    assert "tflite-micro " in message
    assert "Traceback" not in message
    assert "/" not in message.partition(".tflite: ")[2]
    assert not EXPORTED.exists()
    assert "minified_float32" in export()[0]  # what tflite-micro runs, although another ships


def test_the_smallest_file_that_predicts_as_its_source_is_chosen() -> None:
    table("float32", "int8", layers=[keras.layers.Dense(256, name="hidden")])
    detail = Path("metrics/detail.json")
    figures = json.loads(detail.read_text())
    own = figures["sizes"]["small"]
    sizes = {name: own[name]["bytes"]["median"] for name in own if name != "stripped"}
    smallest = min(sizes, key=lambda name: sizes[name])
    assert smallest == "minified_int8"
    error = own["minified_int8"]["validation"]["median"]
    for factor, artifact, words in (
        (1 / 1.04, "minified_int8", ""),
        (1 / 1.06, "minified_float32", ""),
        (0.1, "minified_float32", "not as good as its source"),
    ):
        own["stripped"]["validation"]["median"] = error * factor
        own["minified_float32"]["validation"]["median"] = error * min(0.9, factor * 2)
        write_json(detail, figures)
        (said, _) = export()
        assert artifact in said
        assert words in said
        assert ("not as good" in said) == ("not as good" in words)
        assert ("not as good" in (EXPORTED / "README.md").read_text()) == bool(words)
        shutil.rmtree(EXPORTED)


def test_the_readme_says_what_goes_in_and_comes_out() -> None:
    table("int8", inputs=[0, 2, 3])
    export()
    text = (EXPORTED / "README.md").read_text()
    learned = json.loads((EXPORTED / "encoding.json").read_text())
    assert learned["inputs"] == [0, 2, 3]
    size, _, weight = learned["columns"]
    target = learned["target"]
    mean = {name: f"({value!r})" if value < 0 else repr(value) for name, value in (
        ("size", size["mean"]), ("weight", weight["mean"]), ("y", target["mean"]))}  # fmt: skip
    for line in (
        f"| 0 | `size` | (value - {mean['size']}) / {size['std']!r} |",
        "| 1 | `area\\|code` | 1 if it is `EU`, else 0 |",
        f"| 2 | `weight` | (value - {mean['weight']}) / {weight['std']!r} |",
        f"| 0 | `y` | output * {target['std']!r} + {mean['y']} |",
    ):
        assert line in text.splitlines()
    assert "kInputZeroPoint" in text
    header = (EXPORTED / "model.h").read_text()
    scale, zero = interpreter.reference(content("int8")).get_input_details()[0]["quantization"]
    found = re.search(r"kInputScale = (\S+)f;\nconstexpr int kInputZeroPoint = (\S+);", header)
    assert found
    assert (np.float32(found[1]), int(found[2])) == (np.float32(scale), zero)


def test_the_same_bytes_each_time_and_nothing_is_replaced() -> None:
    table("float32")
    said = export()
    found = {path.name: path.read_bytes() for path in EXPORTED.iterdir()}
    assert set(found) == {
        "README.md", "encoding.json", "model.cc", "model.h", "resolver.h", "test_vector.h",
    }  # fmt: skip
    shutil.rmtree(EXPORTED)
    EXPORTED.mkdir()
    (EXPORTED / "model.h").write_text("mine")
    assert "holds files" in refused()
    assert [path.name for path in EXPORTED.iterdir()] == ["model.h"]
    assert (EXPORTED / "model.h").read_text() == "mine"
    (EXPORTED / "model.h").unlink()  # an empty folder may be there
    assert export() == said
    assert found == {path.name: path.read_bytes() for path in EXPORTED.iterdir()}
    text = b"".join(found.values()).decode()
    for word in (str(Path.cwd()), str(Path.home()), "../exported", "seed_3"):
        assert word not in text


def test_what_is_wrong_is_named() -> None:
    table("float32")
    assert "recommended, small" in refused("smal")
    assert "seed 4" in refused(seed=4)
    assert "--artifact minified_int8" in refused(artifact="minified_int8")
    (MODEL / "minified_float32/seed_3.tflite").write_bytes(b"no model")
    assert "seed_3.tflite: damaged" in refused()
    ship = json.loads(Path("metrics/ship.json").read_text())
    write_json(Path("metrics/ship.json"), ship | {"recommended": None})
    assert "MODEL takes small" in refused("recommended")
    assert not EXPORTED.exists()
