"""The verdict claims as much as the seeds bear out, and no more."""

import math

import pandas as pd

from made_up_results import metrics_of, of_few_seeds, results
from secateur.report import choice, verdict


def plain(text: str) -> str:
    return text.replace("\xa0", " ")


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
        for word in ("lower", other, "all five seeds", "p = 0.062", "no proof"):
            assert word in sentence
    assert "minified_float32" in last
    assert "at most 5%" in last
    assert found.warnings == []


def test_claims_nothing_where_the_seeds_disagree() -> None:
    """A lower median is no result."""
    text = " ".join(verdict.verdict(results([0.1, 0.205, 0.11, 0.1, 0.3])).sentences)
    assert "baseline's in four of five seeds" in text
    assert "control's in three of five seeds" in text
    assert "all five" not in text


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
    assert choice.control("finetuned", {**recipes, "control": keeps}) is None
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
    made = results([0.2] * 5)
    better = made._replace(
        recipes={**made.recipes, "better": made.recipes["finetuned"]},
        evaluation={**made.evaluation, "better": made.evaluation["finetuned"]},
        sizes={**made.sizes, "better": metrics_of([0.1] * 5, 3300, 0.5)["sizes"]},
        curves=pd.concat(
            [made.curves, made.curves[made.curves["model"] == "control"].assign(model="better")]
        ),
    )
    found = verdict.verdict(better)
    assert found.chosen == "finetuned"
    for word in ("100 bytes more", "better has a test MSE of 0.1", "lower", "than finetuned's",
                 "all five seeds"):  # fmt: skip
        assert word in plain(found.sentences[-1])
    one = verdict.verdict(of_few_seeds(better, 1)).sentences[-1]
    assert "100 bytes more" in one
    assert "lower" not in one


def test_offers_no_larger_file_that_is_worse() -> None:
    """Its network has the lower validation error, and its file the higher test error."""
    made = results([0.2] * 5)

    def last(errors: list[float]) -> str:
        found = verdict.verdict(made._replace(
            recipes={**made.recipes, "better": made.recipes["finetuned"]},
            evaluation={**made.evaluation, "better": made.evaluation["finetuned"]},
            sizes={**made.sizes, "better": metrics_of(errors, 3300, 0.5)["sizes"]},
            curves=pd.concat(
                [made.curves, made.curves[made.curves["model"] == "control"].assign(model="better")]
            ),
        ))  # fmt: skip
        assert found.chosen == "finetuned"
        return found.sentences[-1]

    assert "bytes more" in last([0.19] * 5)
    for errors in ([0.21] * 5, [0.2] * 5, [0.1, 0.1, 0.21, 0.21, 0.21], [math.nan] * 5):
        assert "bytes more" not in last(errors)


def test_the_bytes_more_are_those_of_the_bytes_that_are_shown() -> None:
    """576 and 640 (639.5) are 64 apart; as many bytes are not 0 more."""
    made = results([0.2] * 5)

    def price(size: float) -> str:
        sizes = {**made.sizes, "better": metrics_of([0.1] * 5, 3300, 0.5)["sizes"]}
        for model, median in (("finetuned", 576.0), ("better", size)):
            sizes[model]["minified_float32"]["gzip_bytes"]["median"] = median
        found = verdict.verdict(made._replace(
            recipes={**made.recipes, "better": made.recipes["finetuned"]},
            evaluation={**made.evaluation, "better": made.evaluation["finetuned"]},
            sizes=sizes,
            curves=pd.concat(
                [made.curves, made.curves[made.curves["model"] == "control"].assign(model="better")]
            ),
        ))  # fmt: skip
        return found.sentences[-1]

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


def test_nothing_of_a_recipe_that_mostly_collapsed_is_recommended() -> None:
    """Its validation loss alone could say otherwise: that of a guess may be as low."""
    assert verdict.verdict(results([200.0, 200.0, 0.1, 0.1, 0.1])).chosen == "finetuned"
    assert verdict.verdict(results([200.0, 200.0, 200.0, 0.1, 0.1])).chosen is None


def test_nothing_is_recommended_beside_a_baseline_that_mostly_collapsed() -> None:
    made = results([0.1] * 5)
    made.evaluation["baseline"]["collapsed"] = 3
    found = verdict.verdict(made)
    assert found.chosen is None
    assert "three of five runs collapsed" in found.sentences[0]


def test_says_which_sparsity_was_asked_for_where_it_was_missed() -> None:
    made = results([0.1] * 5)
    assert "target" not in verdict.verdict(made).sentences[0]
    made.evaluation["finetuned"]["target"] |= {"kernels": 0.6, "hidden_1": 0.6}
    assert (
        "50% of the kernel weights gone (the target was 60%)"
        in (verdict.verdict(made).sentences[0])
    )


def test_chooses_by_validation_and_not_by_the_test_set() -> None:
    made = results([0.01] * 5)
    curves = made.curves.copy()
    curves.loc[curves["model"] == "finetuned", "val_loss"] += 1
    found = verdict.verdict(made._replace(curves=curves))
    assert found.chosen is None
    assert "validation MSE" in found.sentences[0]
    assert "finetuned" in found.sentences[0]


def test_a_validation_loss_that_is_not_finite_is_never_low() -> None:
    made = results([0.01] * 5)
    curves = made.curves.copy()
    curves.loc[curves["model"] == "finetuned", "val_loss"] = math.nan
    found = verdict.verdict(made._replace(curves=curves))
    assert found.chosen is None
    assert "nearest" not in found.sentences[0]
    curves["val_loss"] = math.nan  # nor beside a baseline like it
    assert verdict.verdict(made._replace(curves=curves)).chosen is None


def test_without_a_pruning_recipe_there_is_nothing_to_choose() -> None:
    made = results([0.1] * 5)
    found = verdict.verdict(made._replace(recipes={"control": made.recipes["control"]}))
    assert found.chosen is None
    assert len(found.sentences) == 1
