"""Which layers a scope means, and what is said of one that means none."""

from pathlib import Path
from typing import Any

import pytest

from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.recipes import scopes
from secateur.recipes.scopes import Layer

LAYERS = {
    "conv_1": Layer("Conv2D", (3, 3, 1, 4), positions=36),
    "conv_2": Layer("Conv2D", (3, 3, 4, 4), positions=16),
    "normalization_1": Layer("BatchNormalization"),
    "hidden_1": Layer("Dense", (64, 8)),
    "Dense": Layer("Dense", (8, 8)),  # a name like a type
    "output": Layer("Dense", (8, 1)),
}
APART = Layer("SeparableConv1D", None, "it has not just one kernel")


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("whole", ["conv_1", "conv_2", "hidden_1", "Dense", "output"]),
        ("dense", ["hidden_1", "Dense", "output"]),
        ("first_dense", ["hidden_1"]),
        ("none", []),
        (["output", "hidden_1"], ["hidden_1", "output"]),  # in the model's order
        (["conv_*"], ["conv_1", "conv_2"]),
        (["*_1"], ["conv_1", "hidden_1"]),  # a pattern means kernels only
        (["Conv2D", "conv_1"], ["conv_1", "conv_2"]),
        (["Dense"], ["Dense"]),  # a name comes before a type
    ],
)
def test_a_scope_chooses_by_word_name_type_and_pattern(scope: Any, names: list[str]) -> None:
    assert scopes.choose(scope, LAYERS) == names


@pytest.mark.parametrize(
    ("scope", "layers", "words"),
    [
        (["hidden_9"], LAYERS, ["'hidden_9'", "hidden_1 (Dense)", "output (Dense)"]),
        (["LSTM"], LAYERS, ["'LSTM'", "conv_1 (Conv2D)"]),
        ("dense", {"c": LAYERS["conv_1"]}, ["'dense'", "c (Conv2D)"]),
        ("whole", {"n": Layer("BatchNormalization")}, ["'whole'"]),
        (["normalization_1", "output"], LAYERS,
         ["'normalization_1' (BatchNormalization)", "[output]"]),
        ("whole", {"apart": APART}, ["'whole'", "none"]),
        (["apart", "output"], {**LAYERS, "apart": APART},
         ["'apart' (SeparableConv1D)", APART.trouble, "[output]"]),
        (["apart"], {"apart": APART}, ["'apart'", APART.trouble]),
    ],
)  # fmt: skip
def test_a_scope_that_cannot_be_pruned_is_refused_with_what_can(
    scope: Any, layers: dict[str, Layer], words: list[str]
) -> None:
    with pytest.raises(InputError, match="scope: ") as refusal:
        scopes.choose(scope, layers)
    assert all(word in str(refusal.value) for word in words), refusal.value


def test_the_whole_scope_leaves_out_what_cannot_be_pruned() -> None:
    assert scopes.choose("whole", {"apart": APART, **LAYERS}) == scopes.choose("whole", LAYERS)


@pytest.mark.parametrize("scope", ["output", [], [1], None, {"a": 1}])
def test_what_is_no_scope_is_refused_with_the_words_there_are(scope: Any) -> None:
    with pytest.raises(InputError) as refusal:
        validate(scopes.Scope, scope, "scope")
    assert all(
        word in str(refusal.value)
        for word in (repr(scope), "whole", "dense", "first_dense", "none")
    )


@pytest.mark.parametrize(
    ("block", "kernel", "fits"),
    [
        ([1, 1], (3, 3, 1, 4), True), ([2, 3], (6, 8), True), ([6, 1], (6, 8), False),
        ([1, 8], (6, 8), False), ([2, 2], (3, 3, 1, 4), False), ([1, 2], (8, 1), False),
    ],
)  # fmt: skip
def test_a_block_must_be_smaller_than_a_matrix(
    block: list[int], kernel: tuple[int, ...], fits: bool
) -> None:
    layer = Layer("Any", kernel)
    if fits:
        scopes.check_block(block, "a", layer)
        return
    with pytest.raises(InputError, match=r"block_size: .*'a'") as refusal:
        scopes.check_block(block, "a", layer)
    assert " x ".join(map(str, kernel)) in str(refusal.value)


def test_gives_back_the_layers_that_were_written(tmp_path: Path) -> None:
    path = tmp_path / "layers.json"
    with pytest.raises(InputError, match=r"layers\.json: not found"):
        scopes.read_layers(path)
    scopes.write_layers(path, {**LAYERS, "apart": APART})
    assert scopes.read_layers(path) == {**LAYERS, "apart": APART}
    assert list(scopes.read_layers(path)) == [*LAYERS, "apart"]
    path.write_text('{"a": 1}')
    with pytest.raises(InputError, match=r"layers\.json: damaged"):
        scopes.read_layers(path)


def test_a_layer_is_chosen_and_told_by_the_users_name_of_it_too() -> None:
    layers = {
        **LAYERS,
        "a.b": Layer("Conv2D", (3, 3, 1, 4), own="a/b"),
        "c.d": APART._replace(own="c/d"),
    }
    assert scopes.choose(["a/b"], layers) == scopes.choose(["a.b"], layers) == ["a.b"]
    assert scopes.choose(["a/*"], layers) == ["a.b"]
    with pytest.raises(InputError, match=r"'c/d' \(SeparableConv1D\).*a/b\]"):
        scopes.choose(["a.b", "c.d"], layers)
    with pytest.raises(InputError, match=r"'x' .*a/b \(Conv2D\)"):
        scopes.choose(["x"], layers)


def test_what_can_be_pruned_and_what_stays_whole() -> None:
    layers = {"apart": APART, "out": Layer("Dense", (8, 1)), "b": Layer("BatchNormalization")}
    assert scopes.prunable(layers) == ["out"]
    assert scopes.left_whole(layers) == [f"apart (SeparableConv1D): {APART.trouble}"]
    assert scopes.left_whole({"a": APART, "b": APART._replace(own="c/d")}) == [
        f"a (SeparableConv1D), c/d (SeparableConv1D): {APART.trouble}"
    ]
    with pytest.raises(InputError, match=r"apart \(SeparableConv1D\)"):
        scopes.prunable({"apart": APART})


def test_a_layer_of_a_nested_model_is_chosen_without_the_models_name() -> None:
    """Where one layer alone has it; a pattern may mean several, as everywhere."""
    layers = {
        "stem.conv": Layer("Conv2D", (3, 3, 1, 4), own="model/stem/conv"),
        "stem.bn": Layer("BatchNormalization", own="model/stem/bn"),
        "stem.last": Layer("Conv2D", (3, 3, 1, 4), own="model/stem/last"),
        "a.mix": Layer("Dense", (4, 4), own="a/mix"),
        "b.mix": Layer("Dense", (4, 4), own="b/mix"),
    }
    assert scopes.choose(["stem/conv"], layers) == ["stem.conv"]
    assert scopes.choose(["stem/*"], layers) == ["stem.conv", "stem.last"]
    assert scopes.choose(["mi?"], layers) == ["a.mix", "b.mix"]
    with pytest.raises(InputError, match=r"'model/stem/bn' \(BatchNormalization\)"):
        scopes.choose(["stem/bn"], layers)
    with pytest.raises(InputError, match=r"'mix' .*stem\.conv or model/stem/conv \(Conv2D\)"):
        scopes.choose(["mix"], layers)
    top = {**layers, "mix": Layer("Dense", (4, 4))}
    assert scopes.choose(["mix"], top) == ["mix"]
    assert scopes.choose(["mi?"], top) == ["mix"]
