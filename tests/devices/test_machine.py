"""Names of processors, as Linux gives them."""

import platform
from pathlib import Path

import pytest

from secateur.devices import machine

X86 = "processor\t: 0\nmodel name\t: AMD EPYC 7B13\nmodel\t: 1\n\nprocessor\t: 1\n"
PI = "processor\t: 0\nCPU part\t: 0xd08\n\nModel\t\t: Raspberry Pi 4 Model B Rev 1.4\n"
PHONE = (
    "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd05\n\n"
    "processor\t: 1\nCPU implementer\t: 0x41\nCPU part\t: 0xd41\n"
)


@pytest.mark.parametrize(
    ("cpuinfo", "expected"),
    [
        (X86, "AMD EPYC 7B13"),
        (PI, "Raspberry Pi 4 Model B Rev 1.4"),
        (PHONE, "aarch64, implementer 0x41, part 0xd05/0xd41"),
        ("", "aarch64"),
    ],
)
def test_a_processor_has_the_best_name_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cpuinfo: str, expected: str
) -> None:
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    told = machine._cpuinfo(tmp_path / "cpuinfo")
    monkeypatch.setattr(machine, "_cpuinfo", lambda: told)
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    monkeypatch.setattr(platform, "processor", lambda: "")
    assert machine.processor() == expected


def test_this_machines_name_is_one_printable_line() -> None:
    for name in (machine.processor(), machine.system()):
        assert name.isprintable()
        assert name.strip() == name != ""
    assert platform.node() not in machine.system()


def test_a_text_without_printable_characters_is_unknown() -> None:
    assert machine.plain("\0\n") == "unknown"
    assert machine.plain(" a\x1b\tb ") == "a b"
