"""The sizes of the processor's caches, as Eigen in TensorFlow knows them, are the same everywhere.

Eigen divides a product of matrices into blocks that fit the caches, and a kernel's sums depend on
its block: a dense network of more than a few units gets other last digits on a processor with
larger caches. Eigen asks the processor once and keeps the answer. `Eigen::setCpuCacheSizes` would
change it, but TensorFlow's library exports no such function.
"""

import ctypes
import platform
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

# Of level 1, 2 and 3, in bytes: those of many a processor
SIZES = (32 << 10, 512 << 10, 32 << 20)
ASKS = "_ZN5Eigen8internal15queryCacheSizesERiS1_S1_"  # void queryCacheSizes(int&, int&, int&)
LIBRARIES = ("libtensorflow_framework.so.2", "libtensorflow_cc.so.2")


def pin(tf: Any) -> int:
    """Overwrite the answers that Eigen has kept with `SIZES`; return how many there were.

    There are several: each of TensorFlow's ways to multiply keeps its own. On other systems than
    Linux on x86, whose bytes differ anyway, there are none.
    """
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return 0
    # XLA asks with its first product.
    product = tf.function(tf.matmul, autograph=False, jit_compile=True)
    product(tf.ones((401, 300)), tf.ones((300, 4)))
    framework, library = (Path(tf.__file__).parent / name for name in LIBRARIES)
    kept, wanted = _as_kept(_asked(framework)), _as_kept(SIZES)
    places = [
        start + match.start()
        for start, end in _variables(library)
        for match in re.finditer(re.escape(kept), ctypes.string_at(start, end - start))
    ]
    for place in places:
        ctypes.memmove(place, wanted, len(wanted))
    return len(places)


def _asked(library: Path) -> Sequence[int]:
    """Return what the processor answers to Eigen's question."""
    sizes = [ctypes.c_int() for _ in SIZES]
    ctypes.CDLL(str(library))[ASKS](*map(ctypes.byref, sizes))
    return [size.value for size in sizes]


def _as_kept(sizes: Sequence[int]) -> bytes:
    return b"".join(bytes(ctypes.c_ssize_t(size)) for size in sizes)


def _variables(library: Path) -> Iterator[tuple[int, int]]:
    """Yield the parts of memory that hold a library's variables: mapped from it, and after it."""
    last = ""
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, rights, *_, path = [*line.split(None, 5), ""][:6]
        last = path or last
        if rights.startswith("rw") and last == str(library):
            start, end = (int(address, 16) for address in addresses.split("-"))
            yield start, end
            last = last if path else "another"
