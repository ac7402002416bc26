"""The picture of the groups of channels: what each recipe leaves, in order, few enough to read."""

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np

from made_up_results import SEEDS, results
from secateur.report import draw_channels
from secateur.report.results import Results
from secateur.report.style import style
from secateur.report.svg import Picture

RECIPES = ("finetuned",)


def group(*layers: str, channels: int = 8, kernel: str | None = "", axis: int = 1) -> Any:
    own = layers[0] if kernel == "" else kernel
    return {"layers": list(layers), "channels": channels, "kernel": own, "axis": axis}


def made(groups: list[Any], left: dict[str, list[int]], **whole: str) -> Results:
    """Results whose recipe leaves so many columns, by seed, of the kernels of the baseline."""
    base = {own["kernel"]: np.ones((3, own["channels"])) for own in groups if own["kernel"]}
    after = {
        seed: {
            kernel: np.ones((3, left.get(kernel, [full.shape[1]] * 5)[number]))
            for kernel, full in base.items()
        }
        for number, seed in enumerate(SEEDS)
    }
    found = {"groups": groups, "whole": whole}
    one = results([0.1] * 5, channel_groups=found)
    every = {**dict.fromkeys(one.models, dict.fromkeys(SEEDS, base)), "finetuned": after}
    return one._replace(after=every)


def drawn(given: Results) -> Picture:
    with style():
        (picture,) = draw_channels.figures(given, RECIPES)
    ElementTree.fromstring(picture.svg)
    return picture


def test_a_group_shows_its_layers_and_the_median_of_what_is_left() -> None:
    groups = [group("conv_1", "conv_3"), group("conv_2", channels=16)]
    picture = drawn(made(groups, {"conv_1": [2, 3, 8, 8, 5], "conv_2": [1, 1, 2, 9, 9]}))
    assert "conv_1, conv_3: 8, finetuned leaves 5; conv_2: 16, finetuned leaves 2" in picture.alt
    for text in ("conv_1, conv_3", "5 of 8", "2 of 16", "finetuned"):
        assert f">{text}<" in picture.svg
    assert picture == drawn(made(groups, {"conv_1": [2, 3, 8, 8, 5], "conv_2": [1, 1, 2, 9, 9]}))


def test_many_tied_layers_are_called_alike_in_picture_and_words() -> None:
    picture = drawn(made([group("stem", "block_1_add", "block_2_add")], {"stem": [4] * 5}))
    assert ">stem +2<" in picture.svg
    assert "stem +2 (stem, block_1_add, block_2_add): 8, finetuned leaves 4" in picture.alt


def test_no_seed_has_half_a_channel() -> None:
    given = made([group("conv_1", channels=16)], {"conv_1": [9, 10, 3, 3, 3]})
    two = {seed: given.after["finetuned"][seed] for seed in SEEDS[:2]}
    picture = drawn(given._replace(after={**given.after, "finetuned": two}))
    assert "finetuned leaves 9." in picture.alt
    assert ">9 of 16<" in picture.svg


def test_all_text_beside_the_bars_has_one_size() -> None:
    svg = drawn(made([group("conv_1", channels=16)], {})).svg
    plain = re.findall(r'<text style="font-size: ([\d.]+)px', svg)  # the title is bold
    assert len(plain) > 5
    assert set(plain) == {"8", "8.5"}  # 8.5 in the legend


def test_a_kernel_longer_than_its_group_counts_in_proportion() -> None:
    """That of a recurrent layer has the columns of each gate."""
    given = made([group("memory", channels=12)], {"memory": [6, 6, 6, 9, 9]})
    gru = {**given.channel_groups, "groups": [group("memory", channels=4)]}
    assert "memory: 4, finetuned leaves 2" in drawn(given._replace(channel_groups=gru)).alt


def test_large_numbers_have_a_comma() -> None:
    svg = drawn(made([group("wide", channels=2048)], {"wide": [1024] * 5})).svg
    for text in ("1,024 of 2,048", "1,200"):
        assert f">{text}<" in svg


def test_of_very_many_groups_the_largest_are_drawn_in_the_networks_order() -> None:
    groups = [group(f"layer_{i}", channels=9 + i % 20) for i in range(40)]
    picture = drawn(made(groups, {}))
    assert f"the {draw_channels.GROUPS} largest of 40 groups" in picture.title
    names = [part.partition(":")[0] for part in picture.alt.partition(". ")[2].split("; ")]
    assert names == [f"layer_{i}" for i in range(40) if i % 20 >= 8]
    assert "largest" not in drawn(made(groups[:3], {})).title


def test_reasons_are_given_once_each_and_what_cannot_be_counted_is_named() -> None:
    many = {f"mixed_{i}": "it may mix <channels>" for i in range(12)}
    given = made([group("one"), group("words", kernel=None)], {}, output="it ends here", **many)
    first, second, third = draw_channels.whole(given)
    assert first == "Left whole, as it ends here: output."
    assert second.startswith("Left whole, as it may mix <channels>: mixed_0, mixed_1,")
    assert second.endswith("mixed_7 and 4 more.")
    assert "words" in third
    assert "words" not in drawn(given).alt


def test_there_is_no_picture_without_a_group_or_a_recipe() -> None:
    assert draw_channels.figures(made([], {}), RECIPES) == []
    assert draw_channels.figures(made([group("words", kernel=None)], {}), RECIPES) == []
    assert draw_channels.figures(made([group("one")], {}), ()) == []
