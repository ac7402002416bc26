"""Small picture files for tests."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def pixels(seed: int, height: int = 6, width: int = 5, channels: int = 3) -> np.ndarray:
    """Pixels (height, width, channels), smooth enough for a JPEG."""
    y, x, c = np.mgrid[:height, :width, :channels]
    return ((x * 17 + y * 31 + c * 59 + seed * 7) % 256).astype(np.uint8)


def content(image: np.ndarray | Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    file = io.BytesIO()
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    image.save(file, kind, **how)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, depth: int, color: int, rows: bytes, extra: bytes = b"") -> bytes:
    """A PNG of these header fields; `rows` holds a filter byte before each row."""
    head = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra
        + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )  # fmt: skip


def folder(top: Path, classes: dict[str, int], **shape: int) -> Path:
    """A folder with so many PNG files for each class, `0.png`, `1.png` and so on, all different."""
    seed = 0
    for name, count in classes.items():
        (top / name).mkdir(parents=True)
        for i in range(count):
            (top / name / f"{i}.png").write_bytes(content(pixels(seed, **shape)))
            seed += 1
    return top
