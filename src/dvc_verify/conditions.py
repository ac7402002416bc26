"""The conditions of a reproduction: what must not change the results, varied at random.

Debian's reprotest varies the same conditions.
"""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dvc_verify import shims
from dvc_verify.signals import end_with_parent

FOLDERS = ("clone", "an other place", "a/very/much/deeper/folder", "x" * 60)
TIME_ZONES = ("Pacific/Kiritimati", "America/St_Johns", "Asia/Kathmandu")
LOCALES = ("C", "C.utf8", "de_DE.utf8", "tr_TR.utf8")  # as `locale -a` names them
UMASKS = (0o022, 0o002, 0o027, 0o077)
# What NumPy, OpenBLAS and the C library then do as on a processor without AVX-512, by their own
# choice of code. NumPy names its features anew in version 2.4, and ignores others.
WITHOUT_AVX512 = {
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR AVX512F AVX512CD AVX512_SKX",
    "OPENBLAS_CORETYPE": "Haswell",
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ",
}
REMOVED = ("PYTHON", "LC_", "XDG_", "GIT_")  # prefixes of variables


@dataclass(frozen=True)
class Conditions:
    """Where and how a reproduction runs."""

    seed: int
    folder: str  # the clone's, relative to a temporary one
    time_zone: str
    locale: str
    umask: int
    hash_seed: int
    processors: tuple[int, ...]
    avx512: bool  # whether code for it may run, where the processor has it

    def __str__(self) -> str:
        """One line that lists them."""
        return (
            f"folder {self.folder!r}, TZ={self.time_zone}, LC_ALL={self.locale}, "
            f"umask {self.umask:03o}, PYTHONHASHSEED={self.hash_seed}, an empty HOME, "
            f"{len(self.processors)} of {os.cpu_count()} processors, "
            f"{'with' if self.avx512 else 'without'} AVX-512, files listed in another order"
        )

    def environment(self, temporary: Path) -> dict[str, str]:
        """The variables of a process under these conditions.

        The home folder and the shims are made in `temporary`.
        """
        home, shim = temporary / "home", temporary / "shims"
        home.mkdir()
        shims.write(shim, self.seed)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(REMOVED)}
        # The interpreter's folder has its `dvc`: no environment needs to be activated.
        path = [str(shim), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
        return (
            kept
            | ({} if self.avx512 else WITHOUT_AVX512)
            | {
                "PATH": os.pathsep.join(path),
                "PYTHONPATH": str(shim),
                "PYTHONHASHSEED": str(self.hash_seed),
                "HOME": str(home),
                "TZ": self.time_zone,
                "LC_ALL": self.locale,
                "LANG": self.locale,
                "DVC_NO_ANALYTICS": "1",
                "DVC_SITE_CACHE_DIR": str(temporary / "dvc"),
            }
        )

    def before_exec(self) -> Callable[[], None]:
        """A function for the new process to call before it runs its program."""
        parent = os.getpid()

        def apply() -> None:
            end_with_parent(parent)
            os.umask(self.umask)
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, self.processors)

        return apply


def draw(seed: int) -> Conditions:
    """Draw conditions that differ from the present ones where there is a choice.

    The same seed gives the same conditions on the same machine.
    """
    chance = random.Random(seed)
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    umask = os.umask(0o022)
    os.umask(umask)
    return Conditions(
        seed=seed,
        folder=chance.choice(FOLDERS),
        time_zone=chance.choice([z for z in TIME_ZONES if z != os.environ.get("TZ")]),
        locale=chance.choice([n for n in _locales() if n != os.environ.get("LC_ALL")]),
        umask=chance.choice([u for u in UMASKS if u != umask]),
        hash_seed=chance.randrange(1, 2**32),
        processors=tuple(chance.sample(usable, chance.randint(1, max(1, len(usable) - 1)))),
        avx512=chance.random() < 0.5,
    )


def _locales() -> list[str]:
    try:
        listed = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False)
    except OSError:
        return ["C", "POSIX"]
    installed = {"C", *listed.stdout.split()}
    return ["POSIX", *(name for name in LOCALES if name in installed)]
