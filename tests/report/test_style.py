"""Every figure has the same style, whatever is installed."""

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager

from secateur.report import style


def test_a_users_settings_and_fonts_are_left_out_and_come_back() -> None:
    fonts = font_manager.fontManager.ttflist
    with mpl.rc_context({"font.size": 33.0}):
        with style.style():
            assert mpl.rcParams["font.size"] == 10.0
            own = mpl.get_data_path()
            assert all(font.fname.startswith(own) for font in font_manager.fontManager.ttflist)
        assert mpl.rcParams["font.size"] == 33.0
    assert font_manager.fontManager.ttflist is fonts


def test_models_differ_in_colour_and_marker_and_the_baseline_is_ink() -> None:
    assert style.series(0) == {"color": style.INK, "marker": "o"}
    looks = [tuple(style.series(index).values()) for index in range(30)]
    assert len(set(looks)) == 30


def test_a_kind_of_point_looks_the_same_in_every_picture() -> None:
    looks = [tuple(style.kind_of_point(kind).values()) for kind in style.KINDS]
    assert len(set(looks)) == len(style.KINDS)
    assert style.kind_of_point("dense") == style.series(0)


def test_a_weight_of_zero_is_blank_and_its_sign_a_colour() -> None:
    colours = style.signed(np.array([[0.0, 1.0, -0.25]]))
    assert colours[0, :, 3].tolist() == [0.0, 1.0, 0.12 + 0.88 * 0.5]
    assert tuple(colours[0, 1, :3]) == style.POSITIVE
    assert tuple(colours[0, 2, :3]) == style.NEGATIVE
