"""What `secateur verify --processor` does: short trainings on an emulated processor."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence

from secateur.core.errors import InputError

EMULATORS = ("qemu-x86_64", "qemu-x86_64-static")


def compare(processor: str, cases: Sequence[str]) -> list[str]:
    """Run each case here and on a processor that QEMU emulates; return what differs.

    Without cases it runs all. It prints a line for each result.

    Raises:
        InputError: there is no QEMU, it does not know the processor, or a case fails there.
    """
    emulator = _emulator(processor)
    from secateur.command import short_cases  # it imports TensorFlow

    different = []
    for case in cases or short_cases.CASES:
        print(f"verify: {case}: on this processor", flush=True)
        here = _run([], short_cases.__name__, case)
        print(f"verify: {case}: on {processor}, emulated: minutes", flush=True)
        there = _run([emulator, "-cpu", processor], short_cases.__name__, case)
        for name in here.keys() | there.keys():
            if here.get(name) != there.get(name):
                different.append(name)
        for name in here:
            state = "differs" if name in different else "the same bytes"
            print(f"verify: {name}: {state}", flush=True)
    return different


def _emulator(processor: str) -> str:
    """Return the path of QEMU's user-mode emulator, which knows the processor."""
    found = next(filter(None, map(shutil.which, EMULATORS)), None)
    if found is None:
        raise InputError(
            f"--processor {processor}: {EMULATORS[0]} not found; Debian's package qemu-user has it "
            "(apt install qemu-user)"
        )
    listed = subprocess.run([found, "-cpu", "help"], capture_output=True, text=True, check=False)
    lines = (line.split() for line in listed.stdout.splitlines())
    known = [words[1] for words in lines if len(words) > 1 and words[0] == "x86"]
    if processor not in known:
        raise InputError(
            f"--processor {processor}: QEMU does not know it; those with AVX2 work: "
            f"{', '.join(name for name in known if _may_have_avx2(name))}"
        )
    return found


def _may_have_avx2(name: str) -> bool:
    makers = ("Haswell", "Broadwell", "Skylake", "Cascadelake", "Cooperlake", "Icelake", "EPYC",
              "Sapphire", "Granite", "Sierra", "Denverton", "Dhyana", "Snowridge")  # fmt: skip
    return name.startswith(makers) and "-v" not in name


def _run(prefix: list[str], module: str, case: str) -> dict[str, str]:
    """Run a case in a process of its own; return its hashes by name."""
    command = [*prefix, sys.executable, "-m", module, case]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise InputError(f"{' '.join(prefix[1:]) or 'here'}: {case} fails: {last[:300]}")
    found = re.findall(r"^([0-9a-f]{16})  (.+)$", done.stdout, re.M)
    return {name: digest for digest, name in found}
