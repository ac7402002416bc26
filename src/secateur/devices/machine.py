"""The processor, by the best name that the system knows; needs the standard library alone."""

from __future__ import annotations

import contextlib
import platform
import subprocess
from pathlib import Path

MOST = 200  # characters


def processor() -> str:
    """Name the processor, or say what is known of it: ARM's often have no name."""
    told = _cpuinfo()
    for key in ("model name", "Model", "Hardware", "uarch"):
        if told.get(key):
            return plain(told[key][0])
    with contextlib.suppress(OSError):
        board = Path("/proc/device-tree/model").read_text(encoding="utf-8", errors="replace")
        return plain(board.replace("\0", ""))
    with contextlib.suppress(OSError, subprocess.SubprocessError):  # macOS
        command = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return plain(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    makers = "/".join(sorted(set(told.get("CPU implementer", []))))
    parts = "/".join(sorted(set(told.get("CPU part", []))))
    known = f"{platform.machine()}, implementer {makers}, part {parts}" if parts else ""
    return plain(known or platform.processor() or platform.machine())


def system() -> str:
    """Name the operating system and the processor's kind, such as `Linux aarch64`."""
    return plain(f"{platform.system()} {platform.machine()}")


def plain(text: str) -> str:
    """Put a text on one line of printable characters."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.split())[:MOST] or "unknown"


def _cpuinfo(path: Path = Path("/proc/cpuinfo")) -> dict[str, list[str]]:
    """Return what Linux says of all cores, by key."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    told: dict[str, list[str]] = {}
    for key, _, value in (line.partition(":") for line in text.splitlines()):
        if value.strip():
            told.setdefault(key.strip(), []).append(value.strip())
    return told
