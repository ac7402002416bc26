"""A few training pictures of each class, as PNG inside the page, with the same bytes each time."""

import base64
import math
import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

EACH, CLASSES = 6, 12  # pictures of a class, and classes, that are shown
SIDE = 48  # pixels, at most; larger pictures lose rows and columns
COLOUR_TYPES = {1: 0, 3: 2, 4: 6}  # PNG's, by channels
STORED = 65_535  # bytes of a block that is not compressed


class Strip(NamedTuple):
    """Pictures of one class side by side."""

    name: str
    uri: str
    width: int
    height: int


def strips(x: np.ndarray, classes: np.ndarray | None, names: Sequence[str]) -> list[Strip]:
    """Return the first pictures of each class; none if `x` (n, …) holds no pictures of bytes.

    `classes` (n,) are indices of `names`; without names all are of one strip.
    """
    if x.dtype != np.uint8 or x.ndim != 4 or x.shape[3] not in COLOUR_TYPES:
        return []
    if not names or classes is None:
        names, classes = ["training rows"], np.zeros(len(x), dtype=int)
    step = math.ceil(max(x.shape[1:3]) / SIDE)
    found = []
    for number, name in enumerate(names[:CLASSES]):
        rows = np.flatnonzero(classes == number)[:EACH]
        if rows.size:
            strip = np.concatenate([*x[rows][:, ::step, ::step]], axis=1)
            uri = f"data:image/png;base64,{base64.b64encode(png(strip)).decode('ascii')}"
            found.append(Strip(name, uri, strip.shape[1], strip.shape[0]))
    return found


def png(pixels: np.ndarray) -> bytes:
    """Return pixels (height, width, channels) of bytes as PNG.

    They are stored, not compressed: each version of zlib compresses to other bytes.
    """
    height, width, channels = pixels.shape
    lines = np.zeros((height, 1 + width * channels), dtype=np.uint8)  # 0: a line without filter
    lines[:, 1:] = pixels.reshape(height, -1)
    raw = lines.tobytes()
    blocks = [raw[start : start + STORED] for start in range(0, len(raw), STORED)]
    stored = b"".join(
        struct.pack("<BHH", i == len(blocks) - 1, len(block), len(block) ^ 0xFFFF) + block
        for i, block in enumerate(blocks)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    content = b"\x78\x01" + stored + struct.pack(">I", zlib.adler32(raw))
    parts = ((b"IHDR", head), (b"IDAT", content), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))
