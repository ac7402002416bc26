"""A file on an Arm Ethos-U NPU: what Vela, its compiler, says of cycles and memory.

Vela 5 (Arm, `ethos-u-vela`) compiles an int8 file and estimates its performance by a model of the
NPU and its memories. Systems and memory modes are those of its own `Arm/vela.ini`.
"""

import contextlib
import csv
import importlib.util
import io
import re
from collections import Counter
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from ai_edge_litert import schema_py_generated as schema

from secateur.core.errors import InputError, one_line
from secateur.evaluate import operators

PACKAGE = "ethos-u-vela"
ABSENT = "ethos-u-vela, which compiles for an Ethos-U, is not installed on this platform"
FLOAT = "an Ethos-U computes in int8, and this file does not"
INT4 = "an Ethos-U has no int4 weights, and this file has some; take quantization.weights: int8"
NPU = "ethos-u"  # the operator that stands for all that runs on the NPU
INT8 = 9  # in the schema's TensorType
Accelerator = Literal[
    "ethos-u55-32", "ethos-u55-64", "ethos-u55-128", "ethos-u55-256", "ethos-u65-256",
    "ethos-u65-512", "ethos-u85-128", "ethos-u85-256", "ethos-u85-512", "ethos-u85-1024",
    "ethos-u85-2048",
]  # fmt: skip


def version() -> str | None:
    """Return the package's version; None where it is not installed."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return None


def check(accelerator: str, system: str, memory_mode: str) -> None:
    """Raise InputError if Vela knows no such system or memory mode, or not for the accelerator."""
    if version() is None:
        return  # nothing is compiled here
    family = accelerator.split("-")[1].upper()  # U55
    systems = [name for name in _sections("System_Config") if name.startswith(f"Ethos_{family}")]
    if system not in systems:
        raise InputError(
            f"system: {system!r}: must be one of {', '.join(systems)} for {accelerator}"
        )
    modes = [name for name in _sections("Memory_Mode") if _fits(system, name)]
    if memory_mode not in modes:
        raise InputError(
            f"memory_mode: {memory_mode!r}: must be one of {', '.join(modes)} for {system}"
        )


def compiled(content: bytes, accelerator: str, system: str, memory_mode: str) -> dict[str, Any]:
    """Compile a file and return its cycles, memory in KiB and the operators left to the CPU.

    `cycles` are of one inference, of the NPU alone. `flash_kib` holds the commands and weights; it
    is absent where these lie in DRAM, as `dram_kib` is where there is none. Call it in a process of
    its own: the compiler prints, and may crash.

    Raises:
        ValueError: Vela does not compile the file; the message is a sentence.
    """
    if not is_int8(content):
        raise ValueError(FLOAT)
    if _has_int4(content):
        raise ValueError(INT4)
    from ethosu.vela import vela

    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.tflite"
        path.write_bytes(content)
        told = io.StringIO()
        try:
            with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
                vela.main([
                    str(path), "--config", "Arm/vela.ini", "--accelerator-config", accelerator,
                    "--system-config", system, "--memory-mode", memory_mode,
                    "--output-dir", folder,
                ])  # fmt: skip
            (summary,) = Path(folder).glob("*_summary_*.csv")
            (row,) = csv.DictReader(summary.read_text(encoding="utf-8").splitlines())
            left = _left_to_cpu((Path(folder) / "file_vela.tflite").read_bytes())
        except (Exception, SystemExit) as error:  # it raises and exits in many ways
            said = one_line(error).replace(folder, "").strip()
            raise ValueError(f"Vela cannot compile it: {said or type(error).__name__}") from None
    return {**_figures(row), "cpu_operators": left}


def is_int8(content: bytes) -> bool:
    """Whether a file takes and gives int8, as a fully quantized one does."""
    graph = schema.ModelT.InitFromPackedBuf(content, 0).subgraphs[0]
    return all(graph.tensors[n].type == INT8 for n in (*graph.inputs, *graph.outputs))


def _has_int4(content: bytes) -> bool:
    graph = schema.ModelT.InitFromPackedBuf(content, 0).subgraphs[0]
    return any(tensor.type == schema.TensorType.INT4 for tensor in graph.tensors)


def _figures(row: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "cycles": int(float(row["cycles_total"])),
        "sram_kib": float(row["sram_memory_used"]),
        "npu_weights_kib": float(row["total_npu_encoded_weights"]) / 1024,
    }
    storage = re.sub(r"\W", "_", row["weights_storage_area"].lower())  # off_chip_flash
    if storage == "dram":
        found["dram_kib"] = float(row["dram_memory_used"])
    else:
        found["flash_kib"] = float(row[f"{storage}_memory_used"])
    return found


def _left_to_cpu(content: bytes) -> dict[str, int]:
    """Count the operators of a compiled file that the NPU does not run, by name."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    codes = [model.operatorCodes[one.opcodeIndex] for one in model.subgraphs[0].operators]
    npu = [code.customCode is not None and bytes(code.customCode) == NPU.encode() for code in codes]
    found = Counter(n for n, own in zip(operators.names(model), npu, strict=True) if not own)
    return dict(sorted(found.items()))


@cache
def _config() -> ConfigParser:
    """Read Vela's own systems and memory modes, without importing Vela."""
    spec = importlib.util.find_spec("ethosu")
    (folder,) = spec.submodule_search_locations if spec else [""]  # type: ignore[misc]
    config = ConfigParser()
    config.read(Path(folder) / "config_files/Arm/vela.ini", encoding="utf-8")
    return config


def _sections(kind: str) -> Iterator[str]:
    return (name.removeprefix(f"{kind}.") for name in _config().sections()
            if name.startswith(f"{kind}."))  # fmt: skip


def _fits(system: str, memory_mode: str) -> bool:
    """Whether a system's memories can hold what a mode puts there: activations never in flash."""
    own = _config()[f"System_Config.{system}"]
    arena = _of(f"Memory_Mode.{memory_mode}", "arena_mem_area").lower()
    return own[f"{arena}_port"] in ("Sram", "Dram")


def _of(section: str, key: str) -> str:
    """Return a mode's value, which it may inherit."""
    own = _config()[section]
    return own[key] if key in own else _of(own["inherit"], key)
