"""A few training pictures of each class stand in the page, as PNG that Pillow reads."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from made_up_results import MADE, results
from secateur.report import contact_sheet, page


def pixels(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (40, 90), (300, 400)])
def test_a_png_holds_every_pixel(size: tuple[int, int], channels: int) -> None:
    expected = pixels(*size, channels)
    with Image.open(io.BytesIO(contact_sheet.png(expected))) as picture:
        picture.load()
        found = np.asarray(picture).reshape(expected.shape)
    np.testing.assert_array_equal(found, expected)


def test_a_strip_has_the_first_pictures_of_a_class() -> None:
    x, classes = pixels(40, 4, 5, 3), np.arange(40) % 2
    first, second = contact_sheet.strips(x, classes, ["cat", "dog"])
    assert (first.name, second.name) == ("cat", "dog")
    assert (second.width, second.height) == (contact_sheet.EACH * 5, 4)
    content = base64.b64decode(second.uri.removeprefix("data:image/png;base64,"))
    with Image.open(io.BytesIO(content)) as picture:
        np.testing.assert_array_equal(np.asarray(picture)[:, 5:10], x[3])


def test_large_pictures_are_made_small_and_what_is_no_picture_is_not_drawn() -> None:
    [strip] = contact_sheet.strips(pixels(3, 300, 200, 3), np.zeros(3), [])
    assert strip.height <= contact_sheet.SIDE
    for x in (np.zeros((9, 4, 4, 1)), pixels(9, 4), pixels(9, 4, 4, 2)):
        assert contact_sheet.strips(x, np.zeros(9), ["a"]) == []


def test_the_page_shows_them_and_escapes_their_names() -> None:
    strips = contact_sheet.strips(pixels(9, 4, 4, 3), np.zeros(9), ["<cat>"])
    written = page.write(results([0.1] * 5, pictures=strips), MADE, "report")
    assert written.html.count('<img class="strip" src="data:image/png;base64,') == 1
    assert "&lt;cat&gt;" in written.html
    assert "<cat>" not in written.html
    assert 'class="strip"' not in page.write(results([0.1] * 5), MADE, "report").html
