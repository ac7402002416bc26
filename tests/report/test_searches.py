"""The section on searches."""

import pytest

from made_up_results import REGRESSION, results
from made_up_search import KEYS, record
from project import TINY
from secateur.core.tasks import TASKS
from secateur.report import page, search_sentences, searches
from secateur.search.record import Tried


def test_says_what_was_found_and_how_much_of_it_was_luck() -> None:
    made, best, today = search_sentences.sentences(record(), REGRESSION)
    assert made == (
        "small: 6 trials, 3 of them with all 2 seeds; 1 failed. Optuna's TPE looked for little "
        "validation MSE and gzipped bytes, with at most gzipped bytes 600."
    )
    assert "The best is trial 4. With 2 seeds (5, 6) that the search had not seen, its" in best
    assert "validation MSE is 0.18; with those that chose it, 0.15: 1.2 times as much." in best
    assert "Its test MSE with the unseen seeds is 0.19; the baseline's, 0.4." in best
    assert "trial 1, has a test MSE of 0.255 with these seeds, and the best has less in 1 of 2" in (
        today
    )


def test_says_if_nothing_keeps_what_it_must_or_nothing_is_better() -> None:
    said = search_sentences.sentences(record(front=[], best=None, judged=[]), REGRESSION)
    assert said[1:] == ["No trial with all seeds keeps what it must: the front is empty."]
    of_today = record(front=[1], best=1, judged=record().judged[1:])
    assert search_sentences.sentences(of_today, REGRESSION)[2] == (
        "The best is the recipe as it stood in params.yaml before."
    )


def test_says_which_unseen_seed_nearly_collapsed() -> None:
    best, today = record().judged
    best = best.model_copy(update={"errors": {"5": 0.17, "6": 9.0}, "error": 0.2})
    said = search_sentences.sentences(record(judged=[best, today]), REGRESSION)
    assert said[2] == (
        "Trial 4 nearly collapsed with 1 of the 2 unseen seeds (6): a test error over 10 times "
        "their median."
    )


def test_says_the_accuracy_of_classes() -> None:
    best, today = record().judged
    best = best.model_copy(update={"accuracy": 0.75125, "baseline_accuracy": 0.76})
    said = search_sentences.sentences(record(judged=[best, today]), TASKS["multiclass"])
    assert said[2] == "Its test accuracy with them is 0.7512; the baseline's, 0.76."


def test_says_which_recipes_have_been_edited_since_or_are_gone() -> None:
    given = results([0.1] * 5)
    told = TINY["recipes"]["control"]
    of_today = record(recipes={"control": told})
    assert search_sentences.edited(of_today, given.recipes) == []
    written_default = record(recipes={"control": {**told, "restore_best": False}})
    assert search_sentences.edited(written_default, given.recipes) == []
    changed = {"control": {**told, "epochs": told["epochs"] + 1}, "other": told}
    assert search_sentences.edited(record(recipes=changed), given.recipes) == [
        "In params.yaml, control has been edited since: what stands here is of the search.",
        "Of its recipes, params.yaml no longer has other.",
    ]
    of_another_version = record(recipes={"control": {**told, "no_such_key": 1}})
    assert len(search_sentences.edited(of_another_version, given.recipes)) == 1


def test_the_table_of_the_judged_has_optimism() -> None:
    found = searches.judged(record(), REGRESSION)
    assert found
    best, today = found.markdown().splitlines()[2:]
    assert [cell.strip() for cell in best.split("|")[1:-1]] == [
        "trial 4, best", "0.15", "0.18", "1.2 times", "0.19 (0.17 to 0.21)", "0.4", "421",
    ]  # fmt: skip
    assert "trial 1, as it stood" in today
    assert "0.967 times" in today
    assert searches.judged(record(judged=[]), REGRESSION) is None


def test_the_table_of_the_judged_has_the_accuracy_of_classes() -> None:
    best, today = record().judged
    best = best.model_copy(update={"accuracy": 0.75125, "baseline_accuracy": 0.76})
    found = searches.judged(record(judged=[best, today]), TASKS["multiclass"])
    assert found is not None
    head = [cell.text for cell in found.head]
    place = head.index("test accuracy, unseen seeds")
    assert head[place + 1] == "the baseline's test accuracy"
    shown = [[cell.text for cell in row[place : place + 2]] for row in found.rows]
    assert shown == [["0.7512", "0.76"], ["-", "-"]]


def test_every_trial_stands_on_the_page_and_the_front_in_markdown() -> None:
    given = results([0.1] * 5)._replace(searches={"small": record()})
    written = page.write(given, _made(), "report")
    assert 'id="table-trials_small"' in written.html
    assert written.html.count('data-value="0.75"') == 1  # the sparsity of trial 5
    assert "failed" in written.html
    assert "## Searches" in written.markdown
    assert "4, best" in written.markdown
    assert "| 0.75 |" not in written.markdown  # not on the front
    assert {picture.name for picture in written.pictures} >= {
        "search_small_gzip_bytes", "search_small_importances", "search_small_recipes_small_epochs",
    }  # fmt: skip


def test_without_a_search_there_is_no_section() -> None:
    written = page.write(results([0.1] * 5), _made(), "report")
    assert "Searches" not in written.html + written.markdown


@pytest.mark.parametrize(
    "changed",
    [
        {"minimize": ["error"], "at_most": {}},
        {"importances": {}},
        {"front": [], "best": None, "judged": []},
        {"trials": [Tried(number=1, values=dict.fromkeys(KEYS, True), figures={}, why="it broke")],
         "front": [], "best": None, "judged": [], "importances": {}},
        {"seeds": [0]},
    ],
)  # fmt: skip
def test_any_search_can_be_shown(changed: dict[str, object]) -> None:
    given = results([0.1] * 5)._replace(searches={"small": record(**changed)})
    assert "Searches" in page.write(given, _made(), "report").html


def _made() -> dict[str, object]:
    from made_up_results import MADE

    return dict(MADE)
