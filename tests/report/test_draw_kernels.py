"""What pruning did to kernels."""

import numpy as np
import pytest

from secateur.report import draw_kernels, style

RANDOM = np.random.default_rng(0)


def test_many_layers_and_large_kernels_keep_a_picture_light() -> None:
    large = {f"layer_{i}": RANDOM.normal(size=(1000, 1000)).astype("f") for i in range(3)}
    small = {f"small_{i}": RANDOM.normal(size=(4, 9)) for i in range(20)}
    kernels = {**small, **large, "output": RANDOM.normal(size=(9, 1))}
    with style.style():
        picture = draw_kernels.kernels("a", kernels, kernels, "")
    assert len(picture.svg) < 250_000
    assert f"{draw_kernels.LAYERS} of 24 layers" in picture.alt
    assert "fewer look blank" in picture.alt


def test_a_kernel_says_what_is_left_of_it_and_its_shape() -> None:
    kernel = RANDOM.normal(size=(3, 3, 1, 4))
    after = kernel * (np.arange(4) > 0)
    with style.style():
        picture = draw_kernels.kernels("a", {"conv_1": kernel}, {"conv_1": after}, "Seed 3.")
    assert "75% of conv_1 left" in picture.title
    for word in ("Seed 3.", "conv_1 3 × 3 × 1 × 4", "convolution"):
        assert word in picture.alt


def test_of_channels_that_went_nothing_is_left() -> None:
    """10 of 16 filters are not 100 %, though none of their weights is zero."""
    before = {"stem": np.ones((3, 3, 1, 16)), "output": np.ones((16, 2))}
    after = {"stem": np.ones((3, 3, 1, 10)), "output": np.ones((10, 2))}
    with style.style():
        picture = draw_kernels.kernels("a", before, after, "")
        same = draw_kernels.kernels("a", before, before, "")
    assert picture.title == "a: 62% of stem left, 62% of output left"
    assert "the share of the weights before: channels went" in picture.alt
    assert "the share of" not in same.alt


def test_weights_say_how_many_are_zero_and_how_large_the_others_are() -> None:
    before, after = np.array([1.0, -2.0, 3.0, 4.0]), np.array([0.0, 0.0, 3.0, 5.0])
    with style.style():
        picture = draw_kernels.weights("a", [before], [after])
        nothing = draw_kernels.weights("a", [before], [after * 0])
        wild = draw_kernels.weights("a", [before], [after * np.nan])
    assert "50% zero" in picture.title
    assert "others 4, before 2.5" in picture.title
    assert "100% zero" in nothing.title
    assert "none" in nothing.title
    assert "0% zero" in wild.title


@pytest.mark.parametrize(
    ("counts", "word"), [([8, 8], "all, in every model"), ([8, 3], "5.5, in b")]
)
def test_units_left_say_the_fewest(counts: list[int], word: str) -> None:
    with style.style():
        picture = draw_kernels.alive("hidden_1", 8, {"a": [8, 8], "b": counts})
    assert word in picture.title
    assert f"b {counts[0]}, {counts[1]}" in picture.alt
