"""The card says what is known of the recommended model, and what nobody has said."""

from made_up_results import MADE, results, validated
from secateur.report import model_card
from secateur.report.parameters import Card
from secateur.report.results import Results

GIVEN = {**MADE, "params": {"recipes": {"finetuned": {"start": "baseline", "epochs": 3}}}}


def made() -> Results:
    return results([0.1, 0.11, 0.09, 0.1, 0.1])


def card(given: Results, said: Card | None = None) -> str:
    return model_card.text(given, GIVEN, said or Card())


def test_each_device_has_its_file() -> None:
    assert model_card.files(made(), "finetuned") == {
        "cpu.tflite": "minified_float32", "microcontroller.tflite": "minified_float32",
        "ethos_u.tflite": "minified_int8",
    }  # fmt: skip
    text = card(made())
    assert "| ethos_u.tflite" in text
    assert "20 % more |" in text
    assert "minified_int8 | " in text


def test_the_card_has_scores_costs_rows_and_the_recipe() -> None:
    text = card(made())
    assert text.startswith("---\nlibrary_name: litert\n")
    for word in ("# finetuned\n", "of seed 0,", "paired t-test", "Ethos-U: cycles", "epochs: 3",
                 "`data/t.csv`: 30 rows train, 10 chose, 10 judge", "numpy",
                 "from x0, x1"):  # fmt: skip
        assert word in text, word
    rows = [line for line in text.splitlines() if line.startswith("| control ")]
    assert len(rows) == 2  # what it is compared with, in both tables
    assert text.isascii()


def test_what_a_person_says_stands_there_and_what_nobody_says_is_named() -> None:
    text = card(made())
    for key in ("use", "limits", "license"):
        assert f"Nobody has said: `report.card.{key}` of params.yaml does." in text
    said = card(made(), Card(use="Sorts pears.", limits="No apples.", license="Apache-2.0"))
    assert "license: Apache-2.0\n" in said.partition("\n---\n")[0]
    for words in ("Sorts pears.", "No apples.", "## Licence\n\nApache-2.0"):
        assert words in said
    assert "Nobody has said" not in said


def test_warnings_of_the_model_are_its_limits() -> None:
    text = card(results([0.01, 0.011, 0.012, 0.9, 0.01])).partition("## Limits")[2]
    assert "- finetuned: one of five runs nearly collapsed (seed 3)" in text


def test_names_of_a_users_own_do_not_break_it() -> None:
    given = made()
    data = given.data._replace(target="a|b*c", features=["<b>", "x|y", *map(str, range(30))])
    text = card(given._replace(data=data))
    assert r"a\|b\*c" in text
    assert "and 22 more" in text


def test_without_a_recommendation_there_is_no_model() -> None:
    text = card(validated(made(), "finetuned", [0.4] * 5))
    assert text.startswith("# No model\n\nNo recipe keeps the validation MSE")
