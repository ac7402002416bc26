"""What `model.inputs` says must be what the data have and the network takes."""

from typing import Any

import pytest

from secateur.core.errors import InputError
from secateur.keras_io.backend import keras
from secateur.network.inputs import Given, check, check_columns

L = keras.layers
# A category with three levels between two numbers.
COLUMNS = {"a": [0], "color": [1, 2, 3], "b": [4]}


def given(wanted: dict[str, list[str]] | None) -> Given:
    return Given((5,), COLUMNS, wanted)


def two_towers(**shapes: tuple[int, ...]) -> keras.Model:
    ends = [L.Input(shape, name=name) for name, shape in shapes.items()]
    flat = [L.Flatten()(end) for end in ends]
    return keras.Model(ends, L.Dense(2)(L.Concatenate()(flat)))


def test_a_function_gets_the_shape_of_each_input_by_its_name() -> None:
    assert given(None).shapes() == (5,)
    assert given({"left": ["b", "a"], "right": ["color", "a"]}).shapes() == {
        "left": (2,), "right": (4,),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"left": ["a", "b"], "right": ["colour"]},
         ["model.inputs.right: 'colour'", "did you mean 'color'?", "allowed: a, color, b"]),
        ({"left": ["a"], "right": ["color"]}, ["model.inputs: no input takes b", "data.drop"]),
    ],
)  # fmt: skip
def test_columns_that_are_not_those_of_the_data_are_refused(
    wanted: dict[str, list[str]], words: list[str]
) -> None:
    with pytest.raises(InputError) as refusal:
        check_columns(wanted, COLUMNS)
    assert all(word in str(refusal.value) for word in words), refusal.value


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (None, ["here: ", "'left' (2,), 'right' (3,)",
                "model.inputs: {name of the input: [columns]}", "a (1), color (3), b (1)"]),
        ({"lft": ["a", "b"], "right": ["color"]}, ["model.inputs.lft", "left"]),
        ({"left": ["a", "b", "color"]}, ["params.yaml: model.inputs: ", "'right' (3,)"]),
        ({"left": ["a"], "right": ["color", "b"]}, ["model.inputs.left", "1 inputs", "(2,)"]),
    ],
)  # fmt: skip
def test_what_the_network_does_not_take_is_refused_with_what_to_write(
    wanted: dict[str, list[str]] | None, words: list[str]
) -> None:
    with pytest.raises(InputError) as refusal:
        check("here", two_towers(left=(2,), right=(3,)), given(wanted))
    assert all(word in str(refusal.value) for word in words), refusal.value


def test_columns_that_fit_in_their_order_are_offered() -> None:
    model = two_towers(left=(4,), right=(1,))
    with pytest.raises(InputError, match=r"inputs: \{left: \[a, color\], right: \[b\]\}, if"):
        check("here", model, given(None))
    offered: dict[str, Any] = {"left": ["a", "color"], "right": ["b"]}
    check_columns(offered, COLUMNS)
    check("here", model, given(offered))


def test_an_offer_is_yaml_whatever_the_names_and_as_short_as_a_message() -> None:
    model = two_towers(left=(1,), right=(1,))
    odd = Given((2,), {"a, b": [0], "true": [1]})
    with pytest.raises(InputError, match=r'\{left: \["a, b"\], right: \["true"\]\}'):
        check("here", model, odd)
    many = Given((500,), {f"column_{number}": [number] for number in range(500)})
    with pytest.raises(InputError) as refusal:
        check("here", two_towers(left=(400,), right=(100,)), many)
    assert len(str(refusal.value)) < 1000


def test_an_input_of_text_is_refused() -> None:
    text = L.Input((2,), dtype="string", name="left")
    model = keras.Model(text, L.Dense(1)(L.Hashing(4, output_mode="multi_hot")(text)))
    for one in (Given((2,)), given({"left": ["a", "b"]})):
        with pytest.raises(InputError, match=r"here: .*'left' takes text; .*level"):
            check("here", model, one)


def test_arrays_have_no_columns() -> None:
    with pytest.raises(InputError, match=r"model\.inputs: .*inputs\[:, :4\]"):
        check_columns({"left": ["a"]}, {})
    with pytest.raises(InputError, match=r"here: .*\(5,\).*inputs\[:, :4\]"):
        check("here", two_towers(left=(4,), right=(1,)), Given((5,)))
