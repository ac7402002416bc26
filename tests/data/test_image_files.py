"""A picture becomes the bytes that it shows, or is refused with its path, its kind and a remedy."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pictures import chunk, content, pixels, png
from secateur.core.errors import InputError
from secateur.data.image_files import Picture, decode
from secateur.data.parameters import Pictures

RGB = pixels(0)
# 16 x 16 pixels, chroma at half the resolution.
JPEG = """
ffd8ffe000104a46494600010100000100010000ffdb0043001b12141714111b1716171e1c1b2028422b28252528513a
3d3042605565645f555d5b6a7899816a7190735b5d85b586909ea3abadab6780bcc9baa6c799a8aba4ffdb0043011c1e
1e2823284e2b2b4ea46e5d6ea4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4a4
a4a4a4a4a4a4a4a4a4a4a4a4a4a4ffc00011080010001003012200021101031101ffc400150001010000000000000000
0000000000000001ffc4002310000004050403000000000000000000000102031100041213f0212231612351d1ffc400
14010100000000000000000000000000000000ffc4001c1100020007000000000000000000000000000111324261a1b1
c1ffda000c03010002110311003f005c42582948970fd7198f10a92cb792614a4a1ec59be4513a12db530b871d5ddc33
1e16d799dca184840d5b800ee11ab2f884b6d9ffd9
"""
RGBA = np.dstack([RGB, np.arange(30, dtype=np.uint8).reshape(6, 5) + 200])


def take(file: bytes, **how: Any) -> Picture:
    return decode("a.png", file, Pictures(**how))


def refusal(source: Path | bytes, **how: Any) -> str:
    with pytest.raises(InputError) as refused:
        decode("a.png", source, Pictures(**how))
    message = str(refused.value)
    assert message.startswith("a.png: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_bytes_are_kept(kind: str) -> None:
    picture = take(content(RGB, kind))
    np.testing.assert_array_equal(picture.pixels, RGB)
    assert picture.pixels.dtype == np.uint8
    gray = take(content(RGB[..., :1], kind), color="grayscale").pixels
    np.testing.assert_array_equal(gray, RGB[..., :1])
    np.testing.assert_array_equal(take(content(RGB[..., :1], kind)).pixels, RGB[..., [0, 0, 0]])


def test_a_decoder_that_changes_is_noticed() -> None:
    """The files' bytes are fixed, too: a changed encoder must not look like a changed decoder."""
    known = {
        "PNG": (
            png(2, 2, 8, 2, bytes([0, 1, 2, 3, 4, 5, 6, 1, 9, 8, 7, 6, 5, 4])),
            "2316f073ea1f08068ff4b039295ac464dc1afbbe182f0717750bbe357f4210e8",
        ),
        "JPEG": (
            bytes.fromhex(JPEG),
            "d72c4fbf8ce17465e4cf52b5baf3849c4e624e92ea55b00729282d2a6fa361ae",
        ),
    }
    for name, (file, sha) in known.items():
        assert hashlib.sha256(take(file).pixels.tobytes()).hexdigest() == sha, name
    resized = take(bytes.fromhex(JPEG), size=[5, 7], resize="stretch").pixels
    assert (
        hashlib.sha256(resized.tobytes()).hexdigest()
        == "cf8e09c948195676cbf08087c1d03261bac38cca3a091955482e3380f48c271a"
    )


def test_one_bit_and_palettes_are_converted() -> None:
    bits = Image.fromarray((RGB[..., 0] > 100).astype(np.uint8) * 255).convert("1")
    expected = np.asarray(bits.convert("L"))[..., None]
    np.testing.assert_array_equal(take(content(bits), color="grayscale").pixels, expected)
    image = Image.fromarray(RGB).quantize(8)
    shown = np.asarray(image.convert("RGB"))
    for kind in ("PNG", "BMP"):
        np.testing.assert_array_equal(take(content(image, kind)).pixels, shown)


def test_gray_weighs_red_green_and_blue() -> None:
    weighted = RGB.astype(int) @ [19595, 38470, 7471] + 0x8000
    found = take(content(RGB), color="grayscale").pixels[..., 0]
    np.testing.assert_array_equal(found, weighted >> 16)


@pytest.mark.parametrize("color", ["rgb", "grayscale"])
def test_transparent_pixels_need_rgba(color: str) -> None:
    np.testing.assert_array_equal(take(content(RGBA), color="rgba").pixels, RGBA)
    message = refusal(content(RGBA), color=color)
    assert all(word in message for word in ("transparent", "30", "data.image.color: rgba"))
    opaque = np.dstack([RGB, np.full((6, 5), 255, np.uint8)])
    np.testing.assert_array_equal(take(content(opaque)).pixels, RGB)
    np.testing.assert_array_equal(take(content(RGB), color="rgba").pixels, opaque)


def test_palettes_with_transparency_need_rgba() -> None:
    image = Image.fromarray(RGB).quantize(8)
    file = content(image, transparency=bytes([0, 128] + [255] * 6))
    assert "transparent" in refusal(file)
    found = take(file, color="rgba").pixels
    index = np.asarray(image)
    np.testing.assert_array_equal(found[..., 3], np.array([0, 128, *[255] * 6])[index])
    np.testing.assert_array_equal(found[..., :3], np.asarray(image.convert("RGB")))
    assert "transparent" in refusal(content(image, transparency=int(index[0, 0])))
    key = tuple(RGB[2, 3].tolist())
    assert "transparent" in refusal(content(Image.fromarray(RGB), transparency=key))


@pytest.mark.parametrize("color", [0, 2, 4, 6])
def test_sixteen_bits_are_refused(color: int) -> None:
    """Pillow would make gray ones white, and cut colours to their high bytes."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[color]
    message = refusal(png(2, 1, 16, color, bytes(1 + 4 * channels)), color="rgba")
    assert all(word in message for word in ("16 bits", "8 bits", ".npz"))


def test_cmyk_is_refused() -> None:
    for kind in ("CMYK",):
        message = refusal(content(Image.fromarray(RGB).convert(kind), "JPEG"))
        assert all(word in message for word in ("CMYK", "RGB"))


def test_animations_are_refused_and_a_cameras_previews_are_not() -> None:
    one, other = Image.fromarray(RGB), Image.fromarray(255 - RGB)
    file = content(one, save_all=True, append_images=[other])
    assert "2 frames" in refusal(file)
    file = content(one, "MPO", save_all=True, append_images=[other])
    np.testing.assert_array_equal(take(file).pixels, take(content(one, "JPEG")).pixels)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_truncated_pictures_are_refused(kind: str) -> None:
    file = content(pixels(0, 40, 50), kind)
    for length in (10, 30, len(file) // 2, len(file) - 40):
        assert "damaged" in refusal(file[:length])


def test_what_is_no_picture_is_refused() -> None:
    assert "empty" in refusal(b"")
    for file in (b"a text\n", content(RGB, "GIF"), content(RGB, "TIFF")):
        message = refusal(file)
        assert "PNG, JPEG or BMP" in message
        assert "delete" in message


@pytest.mark.parametrize("side", [10_000, 60_000])
def test_a_picture_too_large_to_decode_is_refused(side: int) -> None:
    assert "too large" in refusal(png(side, side, 8, 2, b"\0" * 99))


def test_a_color_beyond_the_palette_is_refused() -> None:
    palette = chunk(b"PLTE", bytes([10, 20, 30, 40, 50, 60]))
    rows = bytes([0, 0, 1, 1, 0])
    assert take(png(4, 1, 8, 3, rows, palette)).pixels[0, 1].tolist() == [40, 50, 60]
    assert "palette" in refusal(png(4, 1, 8, 3, rows.replace(b"\1", b"\2"), palette))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path)
    assert "cannot be read" in refusal(tmp_path / "none.png")


def test_a_turned_picture_is_read_as_stored_and_told() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = take(content(Image.fromarray(RGB), "JPEG", exif=exif))
    assert turned.turned
    assert turned.pixels.shape == (6, 5, 3)
    exif[0x0112] = 1
    assert not take(content(Image.fromarray(RGB), "JPEG", exif=exif)).turned


def test_crop_takes_the_window_of_keras_and_stretch_all() -> None:
    image = np.zeros((4, 8, 3), np.uint8)
    image[:, 2:6] = 200
    found = take(content(image), size=[2, 2], resize="crop").pixels
    np.testing.assert_array_equal(found, np.full((2, 2, 3), 200))
    found = take(content(image), size=[4, 4], resize="crop").pixels
    np.testing.assert_array_equal(found, image[:, 2:6])
    high = image.transpose(1, 0, 2)
    np.testing.assert_array_equal(take(content(high), size=[4, 4], resize="crop").pixels, high[2:6])
    found = take(content(image), size=[2, 2], resize="stretch").pixels
    assert 0 < found[0, 0, 0] < 200


def test_pad_adds_black_on_both_sides_and_transparent_black_in_rgba() -> None:
    image = np.full((2, 6, 3), 200, np.uint8)
    found = take(content(image), size=[6, 6], resize="pad").pixels
    assert (found[2:4] == 200).all()
    assert not found[:2].any()
    assert not found[4:].any()
    found = take(content(image), size=[6, 6], resize="pad", color="rgba").pixels
    assert found[0, 0].tolist() == [0, 0, 0, 0]
    assert found[3, 3].tolist() == [200, 200, 200, 255]
    found = take(content(image.transpose(1, 0, 2)), size=[3, 3], resize="pad").pixels
    assert (found[:, 1] == 200).all()
    assert not found[:, [0, 2]].any()


def test_extreme_sides_are_resized() -> None:
    for shape in ((1, 3000, 3), (3000, 1, 3)):
        for resize in ("crop", "pad", "stretch"):
            found = take(content(np.full(shape, 9, np.uint8)), size=[3, 3], resize=resize)
            assert found.pixels.shape == (3, 3, 3)


def test_random_changes_give_a_picture_or_a_refusal() -> None:
    draw = np.random.default_rng(0)
    for kind in ("PNG", "JPEG", "BMP"):
        file = content(pixels(0, 20, 20), kind)
        for _ in range(150):
            damaged = bytearray(file)
            for at in draw.integers(0, min(len(file), 200), 3):
                damaged[at] = draw.integers(256)
            try:
                found = take(bytes(damaged)).pixels
            except InputError as error:
                assert "\n" not in str(error)  # noqa: PT017
            else:
                assert found.ndim == 3


def test_a_wrong_checksum_is_damage() -> None:
    file = bytearray(content(pixels(3)))
    at = file.index(b"IDAT") + 8
    for offset in (0, 5, len(file) - at - 20):  # in the data, and in their checksum
        wrong = bytearray(file)
        wrong[at + offset] ^= 1
        assert "damaged" in refusal(bytes(wrong))
