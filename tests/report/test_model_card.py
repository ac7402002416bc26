"""The card says what is known of the recommended model, and what nobody has said."""

import re

import flatbuffers
import pytest
from ai_edge_litert import schema_py_generated as schema

from made_up_results import MADE, results, validated
from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.report import model_card
from secateur.report.parameters import Card, Report
from secateur.report.results import Results

GIVEN = {**MADE, "params": {"recipes": {"finetuned": {"start": "baseline", "epochs": 3}}}}


def made() -> Results:
    return results([0.1, 0.11, 0.09, 0.1, 0.1])


def tflite(takes: int, gives: int) -> bytes:
    """A file of nothing but its ends, of these types of the schema."""
    tensors = []
    for kind in (takes, gives):
        tensor = schema.TensorT()
        tensor.type, tensor.shape, tensor.buffer = kind, [1, 2], 0
        tensors.append(tensor)
    graph, model, builder = schema.SubGraphT(), schema.ModelT(), flatbuffers.Builder(0)
    graph.tensors, graph.inputs, graph.outputs, graph.operators = tensors, [0], [1], []
    model.subgraphs, model.buffers, model.operatorCodes = [graph], [schema.BufferT()], []
    model.version = 3
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


FILES = {
    "cpu.tflite": tflite(schema.TensorType.INT16, schema.TensorType.INT16),
    "microcontroller.tflite": tflite(schema.TensorType.FLOAT32, schema.TensorType.FLOAT32),
    "ethos_u.tflite": tflite(schema.TensorType.INT8, schema.TensorType.FLOAT32),
}


def card(given: Results, said: Card | None = None) -> str:
    return model_card.text(given, GIVEN, said or Card(), FILES)


def test_each_device_has_its_file() -> None:
    assert model_card.files(made(), "finetuned") == {
        "cpu.tflite": "minified_float32", "microcontroller.tflite": "minified_float32",
        "ethos_u.tflite": "minified_int8",
    }  # fmt: skip
    rows = [line.split("|")[1:-1] for line in card(made()).splitlines() if ".tflite " in line]
    cells = {row[0].strip(): [cell.strip() for cell in row[2:]] for row in rows}
    assert cells["cpu.tflite"][:3] == ["minified_float32", "int16", "int16"]
    # Of the seed that ships, of all seeds, and beside its source on validation rows.
    assert cells["ethos_u.tflite"] == [
        "minified_int8", "int8", "float32", "1,090", "0.12", "0.12 (0.108 to 0.132)", "1.2",
    ]  # fmt: skip


def test_the_card_has_scores_costs_rows_and_the_recipe() -> None:
    text = card(made())
    assert text.startswith("---\nlibrary_name: litert\n")
    for word in ("# finetuned\n", "of seed 0,", "paired t-test", "Ethos-U: cycles", "epochs: 3",
                 "`data/t.csv`: 30 rows train, 10 chose, 10 judge", "numpy",
                 "It takes x0, x1, x6, in this order (3 of 7)"):  # fmt: skip
        assert word in text, word
    rows = [line for line in text.splitlines() if line.startswith("| control ")]
    assert len(rows) == 2  # what it is compared with, in both tables
    assert text.isascii()


def test_what_a_person_says_stands_there_and_what_nobody_says_is_named() -> None:
    text = card(made())
    for key in ("use", "limits", "license"):
        assert f"Nobody has said: `report.card.{key}` of params.yaml does." in text
    said = card(made(), Card(use="Sorts pears.", limits="No apples.\n# Why", license="Apache-2.0"))
    assert "\n# Why" not in said  # it is no heading of the card
    assert "license: Apache-2.0\n" in said.partition("\n---\n")[0]
    for words in ("Sorts pears.", "No apples.", "## Licence\n\nApache-2.0"):
        assert words in said
    assert "Nobody has said" not in said


def test_warnings_of_the_model_are_its_limits() -> None:
    text = card(results([0.01, 0.011, 0.012, 0.9, 0.01])).partition("## Limits")[2]
    assert "- finetuned: one of five runs nearly collapsed (seed 3)" in text


def test_names_of_a_users_own_do_not_break_it() -> None:
    given = made()
    data = given.data._replace(target="a|b*c", features=["<b>", "x|y", *map(str, range(60))])
    given.inputs["finetuned"]["0"] = None
    text = card(given._replace(data=data))
    assert r"a\|b\*c" in text
    assert "<b>" not in text.replace("&lt;b&gt;", "")
    assert r"x\|y" in text


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("use", "  ", "says nothing; leave it out"),
        ("limits", "a\x07", "control characters"),
        ("license", "Apache 2.0", "as SPDX names it, such as Apache-2.0"),
    ],
)
def test_what_says_nothing_or_is_no_licence_is_refused(key: str, value: str, words: str) -> None:
    given = {"references": [], "card": {key: value}}
    with pytest.raises(InputError, match=re.escape(words)) as error:
        validate(Report, given, "report")
    assert f"report.card.{key}" in str(error.value)


@pytest.mark.parametrize(
    "license", ["MIT", "MIT OR Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"]
)
def test_licences_as_spdx_has_them(license: str) -> None:
    assert Card(license=license).license == license


def test_without_a_recommendation_there_is_no_model() -> None:
    text = card(validated(made(), "finetuned", [0.4] * 5))
    assert text.startswith("# No model\n\nNo recipe keeps the validation MSE")
