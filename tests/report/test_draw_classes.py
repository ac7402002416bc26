"""Which class is taken for which, and how sure a model is."""

import numpy as np
import pytest

from secateur.report import draw_classes, style


def test_a_confusion_matrix_has_the_shares_of_each_true_class() -> None:
    true = np.array([0, 0, 0, 0, 1, 2])
    sure = np.eye(3)[[0, 0, 0, 2, 1, 0]]
    other = np.eye(3)[[0, 0, 0, 0, 1, 2]]
    other[4] = np.nan
    shares, right, missing = draw_classes._shares(true, {0: sure, 1: other}, 3)
    assert shares.tolist() == [[7 / 8, 0, 1 / 8], [0, 1 / 2, 0], [1 / 2, 0, 1 / 2]]
    assert (right, missing) == (pytest.approx(9 / 12), pytest.approx(1 / 12))
    given = draw_classes._of_true(np.array([0.25, 0.25]), np.array([0, 1]))
    assert given.tolist() == [0.75, 0.25]


@pytest.mark.parametrize("count", [2, 20, 21, 300])
def test_many_classes_are_shown_without_numbers(count: int) -> None:
    true = np.arange(600) % count
    guesses = {0: np.eye(count)[true] if count > 2 else true.astype(float)}
    names = [f"a class with a long name, {i}" for i in range(count)]
    with style.style():
        picture = draw_classes.confusion("a", true, guesses, names)
    assert "accuracy 100.0%" in picture.title
    assert "no row is taken" in picture.title
    assert (">100<" in picture.svg) == (count <= draw_classes.NUMBERED)
    assert len(picture.svg) < 60_000
    assert ("several classes" in picture.alt) == (count == 300)


@pytest.mark.parametrize("count", [2, 3])
def test_predictions_that_went_wrong_are_shown(count: int) -> None:
    true = np.arange(60) % count
    names = [f"class {i}" for i in range(count)]
    shape = (60,) if count == 2 else (60, count)
    with style.style():
        nothing = {0: np.full(shape, np.nan)}
        lost = draw_classes.confusion("a", true, nothing, names)
        unsure = draw_classes.certainty("a", true, nothing)
        first = draw_classes.confusion("a", true, {0: np.zeros(shape)}, names)
    assert "accuracy 0.0%" in lost.title
    assert "100.0% of predictions are no number" in lost.alt
    assert "100.0% of predictions are no number" in unsure.alt
    assert f"accuracy {1 / count:.1%}" in first.title
    assert "100.0% of class 1 is taken for class 0" in first.title


def test_how_often_a_model_is_sure_and_wrong_is_said() -> None:
    with style.style():
        picture = draw_classes.certainty(
            "a", np.array([1, 1, 0, 0]), {0: np.array([0.05, 1, 0, 0])}
        )
    assert "under 10% in 25.0% of rows" in picture.title
    assert "no number" not in picture.alt
