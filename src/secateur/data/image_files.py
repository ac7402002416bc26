"""Decodes one picture to an array of bytes; refuses what Pillow would change without a word.

The same file gives the same bytes on every machine. Pillow's wheel, whose version is locked, has
its own decoders. A PNG or a BMP has one right answer. For a JPEG, Pillow leaves libjpeg-turbo at
its defaults, the accurate inverse DCT (ISLOW) and fancy upsampling, which are integer arithmetic;
libjpeg-turbo's own tests hold one MD5 of their output for the C and for every SIMD code (its
CMakeLists.txt; only the floating-point DCT has several). Pillow resizes bytes in integers, with
weights that are rounded to fixed point (its src/libImaging/Resample.c, PRECISION_BITS).
"""

import io
import struct
import warnings
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from secateur.core.errors import InputError, one_line

if TYPE_CHECKING:  # `secateur export` copies this module
    from secateur.data.parameters import Pictures

FORMATS = ("PNG", "JPEG", "BMP")
PNG = b"\x89PNG\r\n\x1a\n"
MODES = {"rgb": "RGB", "grayscale": "L", "rgba": "RGBA"}
EXACT = ("1", "L", "LA", "P", "PA", "RGB", "RGBA")  # modes that convert to bytes without loss
ORIENTATION = 0x0112  # of EXIF: 1 is upright
BILINEAR = Image.Resampling.BILINEAR

# What Pillow raises for a file that it cannot decode.
UNREADABLE = (
    *(OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, AttributeError),
    *(OverflowError, MemoryError, RuntimeError, struct.error, zlib.error),
)
# As Pillow's documentation advises: a bomb is an error from its first limit on.
warnings.simplefilter("error", Image.DecompressionBombWarning)
# Of damaged EXIF, for one, which is not used.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


class Picture(NamedTuple):
    """Pixels (height, width, channels) as bytes, and whether EXIF says that they lie on a side."""

    pixels: np.ndarray
    turned: bool


def decode(where: str, source: Path | bytes, how: "Pictures") -> Picture:
    """Decode a PNG, JPEG or BMP file, or its content, whatever its name is.

    Raises:
        InputError: it cannot be read, is another kind of file, damaged, or too large; or its
            pixels do not fit into bytes of the color that `how` names.
    """
    try:
        content = source.read_bytes() if isinstance(source, Path) else source
    except OSError as error:
        raise InputError(
            f"{where}: cannot be read: {one_line(error)}; correct its permissions, or delete it"
        ) from None
    if not content:
        raise InputError(f"{where}: empty, has no bytes; save the picture again, or delete it")
    try:
        if content.startswith(PNG):
            # Decoding does not look at all checksums: a wrong bit would be a wrong picture.
            Image.open(io.BytesIO(content), formats=FORMATS).verify()
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            _check_kind(where, opened, content)
            colors = _palette_size(opened)
            opened.load()
            _check_palette(where, opened, colors)
            picture = _resized(_converted(where, opened, how), how)
            turned = _orientation(opened) != 1
    except InputError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InputError(
            f"{where}: too large: {one_line(error)}; make the picture smaller, or delete it"
        ) from None
    except UnidentifiedImageError:
        raise InputError(
            f"{where}: is not a PNG, JPEG or BMP picture, or its beginning is damaged; convert it "
            "to PNG, or delete it"
        ) from None
    except UNREADABLE as error:
        raise InputError(
            f"{where}: damaged: {one_line(error)}; save the picture again, or delete it"
        ) from None
    pixels = np.array(picture)
    return Picture(pixels.reshape(picture.height, picture.width, -1), turned)


def check_size(where: str, pixels: np.ndarray, size: tuple[int, ...], whose: str) -> None:
    """Raise InputError unless a picture has that height and width; `whose` says who demands it."""
    if pixels.shape[:2] != size:
        height, width = pixels.shape[:2]
        raise InputError(
            f"{where}: {height} x {width} pixels (height x width), but {whose} {size[0]} x "
            f"{size[1]}; set data.image.size: [{size[0]}, {size[1]}] and data.image.resize: "
            "stretch, crop or pad"
        )


def _check_kind(where: str, opened: Image.Image, content: bytes) -> None:
    """Raise InputError for what Pillow decodes to something else than the picture shows."""
    # Pillow takes the high bytes of 16-bit colours, and cuts 16-bit grays at 255, which is white.
    if opened.format == "PNG" and content[24] == 16:  # the bit depth in IHDR, the first chunk
        raise InputError(
            f"{where}: a PNG of 16 bits a channel, and pictures are read as 8 bits; convert it to "
            "8 bits, or save all as an array in an .npz file, which keeps 16"
        )
    if opened.mode == "CMYK":  # Adobe's are inverted, and their colours depend on a profile
        raise InputError(
            f"{where}: a CMYK picture, for print, whose colours depend on a profile; convert it to "
            "RGB with a program that knows profiles"
        )
    if opened.mode not in EXACT:
        raise InputError(f"{where}: has pixels of the kind {opened.mode}; convert it to RGB")
    # What follows the first picture of a camera's file (MPO) is a preview or another view.
    if opened.format != "MPO" and getattr(opened, "n_frames", 1) > 1:
        raise InputError(
            f"{where}: has {opened.n_frames} frames, an animation; save one frame as a picture"  # type: ignore[attr-defined]
        )


def _palette_size(opened: Image.Image) -> int | None:
    """Return how many colours the palette of a picture has, before Pillow fills it up."""
    palette = opened.palette
    return len(palette.palette) // len(palette.mode) if palette and opened.mode == "P" else None


def _check_palette(where: str, opened: Image.Image, colors: int | None) -> None:
    if colors is None:
        return
    last = np.asarray(opened).max()
    if last >= colors:  # Pillow would make such a pixel black
        raise InputError(
            f"{where}: damaged: a pixel has colour {last} (counted from 0) of a palette of "
            f"{colors}; save the picture again, or delete it"
        )


def _converted(where: str, opened: Image.Image, how: "Pictures") -> Image.Image:
    picture = opened
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        alpha = np.asarray(picture)[..., 3]
        if how.color != "rgba" and alpha.min() < 255:
            # Keras drops alpha, and shows the network colours that nobody sees.
            raise InputError(
                f"{where}: {np.count_nonzero(alpha < 255)} pixels are transparent, which "
                f"{how.color} cannot hold; set data.image.color: rgba, or put the picture on a "
                "background"
            )
    if picture.mode not in ("L", "RGB", "RGBA"):
        picture = picture.convert("RGB")
    mode = MODES[how.color]
    return picture if picture.mode == mode else picture.convert(mode)


def _resized(picture: Image.Image, how: "Pictures") -> Image.Image:
    if how.size is None or how.resize is None or picture.size == (how.size[1], how.size[0]):
        return picture
    (height, width), (w, h) = how.size, picture.size
    if how.resize == "stretch":
        return picture.resize((width, height), BILINEAR)
    if how.resize == "crop":  # the window of Keras's smart_resize
        cut_w, cut_h = min(w, max(1, h * width // height)), min(h, max(1, w * height // width))
        left, top = (w - cut_w) // 2, (h - cut_h) // 2
        # `resize` with a box would mix in pixels from beyond the box.
        window = picture.crop((left, top, left + cut_w, top + cut_h))
        return window.resize((width, height), BILINEAR)
    if w * height >= h * width:  # wider than wanted
        inner = width, min(height, max(1, (2 * h * width + w) // (2 * w)))
    else:
        inner = min(width, max(1, (2 * w * height + h) // (2 * h))), height
    padded = Image.new(picture.mode, (width, height))
    at = (width - inner[0]) // 2, (height - inner[1]) // 2
    padded.paste(picture.resize(inner, BILINEAR), at)
    return padded


def _orientation(opened: Image.Image) -> int:
    try:
        found = opened.getexif().get(ORIENTATION, 1)
    except UNREADABLE:
        return 1
    return found if found in range(1, 9) else 1
