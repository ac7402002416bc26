"""The verdict claims as much as the seeds bear out, and no more."""

import math

import pytest

from made_up_results import metrics_of, of_few_seeds, results, validated
from secateur.report import controls, verdict
from secateur.report.results import Results


def plain(text: str) -> str:
    return text.replace("\xa0", " ")


def with_a_larger(made: Results, size: int) -> Results:
    """The same with a recipe `better`, whose file is larger, and better on all rows."""
    return made._replace(
        models=[*made.models, "better"],
        recipes={**made.recipes, "better": made.recipes["finetuned"]},
        evaluation={**made.evaluation, "better": made.evaluation["finetuned"]},
        sizes={**made.sizes, "better": metrics_of([0.1] * 5, size, 0.5)["sizes"]},
    )


def test_says_the_result_with_its_spread() -> None:
    found = verdict.verdict(results([0.1, 0.11, 0.09, 0.1, 0.1]))
    assert found.chosen == "finetuned"
    first, *against, last, elsewhere = found.sentences
    assert first.startswith("For LiteRT on a CPU, take finetuned: ")
    assert "the Ethos-U" in elsewhere
    assert "minified_int8" in elsewhere
    for figure in ( "50% of the kernel weights", "50% fewer bytes",
                   "1,000 against 2,000", "MSE 0.1 (0.09 to 0.11) against 0.12 (0.12 to 0.2)",
                   "of control", "five seeds"):  # fmt: skip
        assert figure in plain(first)
    assert len(against) == 2
    for sentence, other in zip(against, ("control", "the baseline"), strict=True):
        for word in ("lower", other, "paired t-test", "over five seeds, p = "):
            assert word in sentence
    assert "minified_float32" in last
    assert "at most 5%" in last
    assert found.warnings == []


def test_claims_nothing_where_the_seeds_disagree() -> None:
    """A lower median is no result."""
    text = " ".join(verdict.verdict(results([0.1, 0.205, 0.11, 0.1, 0.3])).sentences)
    for other in ("control", "the baseline"):
        assert f"{other}'s: these seeds do not tell which is better." in text
    assert "lower" not in text


def test_says_that_it_is_worse_and_larger() -> None:
    text = " ".join(verdict.verdict(results([0.4, 0.5, 0.6, 0.5, 0.5], size=9000)).sentences)
    assert "50% more bytes (3,000 against 2,000" in text
    assert "higher" in text
    assert "lower" not in text


def test_one_seed_proves_nothing() -> None:
    sentences = verdict.verdict(of_few_seeds(results([0.1] * 5), 1)).sentences
    assert "one seed" in sentences[0]
    assert "lower" not in " ".join(sentences)


def test_a_recipe_that_keeps_zeros_is_no_control() -> None:
    recipes = results([0.1] * 5).recipes
    keeps = recipes["control"].model_copy(update={"preserve_sparsity": True})
    assert controls.control("finetuned", {**recipes, "control": keeps}) is None
    found = verdict.verdict(results([0.1] * 5, recipes={"control": keeps}))
    assert found.chosen == "control"  # it is one of the sparse recipes


def test_says_where_nothing_tells_what_pruning_cost() -> None:
    made = results([0.1] * 5)
    own = made.recipes["finetuned"].model_copy(
        update={"start": "initial", "training": made.training}
    )
    found = verdict.verdict(made._replace(recipes={**made.recipes, "finetuned": own}))
    assert "dense baseline" in found.sentences[0]
    assert "scope: none" in found.sentences[1]


def test_tells_of_the_recipe_that_predicts_better_in_more_bytes() -> None:
    better = with_a_larger(results([0.2, 0.21, 0.2, 0.22, 0.2]), 3300)
    found = verdict.verdict(better)
    assert found.chosen == "finetuned"
    for word in ("100 bytes more", "better has a test MSE of 0.1", "lower", "than finetuned's",
                 "paired t-test"):  # fmt: skip
        assert word in plain(found.sentences[-1])
    one = verdict.verdict(of_few_seeds(better, 1)).sentences[-1]
    assert "100 bytes more" in one
    assert "lower" not in one


def test_the_bytes_more_are_those_of_the_bytes_that_are_shown() -> None:
    """576 and 640 (639.5) are 64 apart; as many bytes are not 0 more."""
    made = results([0.2] * 5)

    def price(size: float) -> str:
        larger = with_a_larger(made, 3300)
        for model, median in (("finetuned", 576.0), ("better", size)):
            larger.sizes[model]["minified_float32"]["gzip_bytes"]["median"] = median
        return verdict.verdict(larger).sentences[-1]

    assert "For 64 bytes more, better" in price(639.5)
    assert "In as many bytes, better" in price(576.5)


def test_names_collapsed_runs_and_keeps_them() -> None:
    found = verdict.verdict(results([0.1, math.nan, 0.1, 200.0, 0.1]))
    diverged, collapsed = found.warnings
    for word in ("finetuned", "one of five runs diverged", "seed 1", "not finite"):
        assert word in diverged
    for word in ("finetuned", "one of five runs collapsed", "seed 3", "predicting the mean"):
        assert word in collapsed
    assert "MSE not finite (not finite to not finite)" in plain(found.sentences[0])


def test_nothing_is_recommended_beside_a_baseline_that_mostly_collapsed() -> None:
    found = verdict.verdict(validated(results([0.1] * 5), "baseline", [2.0, 2.0, 2.0, 0.3, 0.3]))
    assert found.chosen is None
    assert "most runs of the dense baseline collapsed" in found.sentences[0]


def test_a_run_that_nearly_collapsed_is_named() -> None:
    (warning,) = verdict.verdict(results([0.01, 0.011, 0.012, 0.9, 0.01])).warnings
    for word in ("finetuned", "one of five runs nearly collapsed", "seed 3", "over 10 times"):
        assert word in warning


def test_says_that_a_recipe_is_left_for_one_seed() -> None:
    baseline = validated(results([0.1] * 5), "baseline", [0.05] * 5)
    found = verdict.verdict(validated(baseline, "finetuned", [0.01, 0.01, 0.01, 0.01, 0.9]))
    assert found.chosen is None
    for word in ("nearest is finetuned, with 0.01", "has 0.9", "10 times", "not recommended"):
        assert word in found.sentences[0]


@pytest.mark.parametrize(
    ("high", "word"), [(0.9, "rows and seeds)."), (1.2, "that it is no higher is not sure.")]
)
def test_says_how_sure_the_choice_is(high: float, word: str) -> None:
    made = results([0.1] * 5)
    made.validation["against_baseline"]["finetuned"]["high"] = high
    said = next(s for s in verdict.verdict(made).sentences if "Validation rows alone" in s)
    assert "On 1,234 validation rows its MSE is 0.8 times the baseline's (95% interval" in said
    assert said.endswith(word)
    made.validation["against_baseline"]["finetuned"] = {"ratio": None, "low": None, "high": None}
    said = next(s for s in verdict.verdict(made).sentences if "Validation rows alone" in s)
    assert said.endswith("not each validation MSE is a number.")


def test_says_which_sparsity_was_asked_for_where_it_was_missed() -> None:
    made = results([0.1] * 5)
    assert "target" not in verdict.verdict(made).sentences[0]
    made.evaluation["finetuned"]["target"] |= {"kernels": 0.6, "hidden_1": 0.6}
    assert (
        "50% of the kernel weights gone (the target was 60%)"
        in (verdict.verdict(made).sentences[0])
    )


def test_chooses_by_validation_and_not_by_the_test_set() -> None:
    found = verdict.verdict(validated(results([0.01] * 5), "finetuned", [0.4] * 5))
    assert found.chosen is None
    assert "validation MSE" in found.sentences[0]
    assert "nearest is finetuned" in found.sentences[0]


def test_a_validation_error_that_is_not_finite_is_never_low() -> None:
    diverged = validated(results([0.01] * 5), "finetuned", [math.nan] * 5)
    found = verdict.verdict(diverged)
    assert found.chosen is None
    assert "nearest" not in found.sentences[0]


def test_without_a_pruning_recipe_there_is_nothing_to_choose() -> None:
    made = results([0.1] * 5)
    found = verdict.verdict(made._replace(recipes={"control": made.recipes["control"]}))
    assert found.chosen is None
    assert len(found.sentences) == 1
