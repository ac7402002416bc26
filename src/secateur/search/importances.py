"""What mattered: how much of a figure's variance each varied value explains."""

from collections.abc import Sequence

import optuna
from optuna.trial import FrozenTrial

from secateur.search.notes import figures_of

LEAST = 8  # trials from which importances are told


def told(trials: Sequence[FrozenTrial], names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return, for each figure, the share of its variance that each varied value explains.

    It is told of the trials' first seed, as Hutter et al. 2014, "An Efficient Approach for
    Assessing Hyperparameter Importance" (functional ANOVA); of few trials nothing.
    """
    first = [trial for trial in trials if 1 in figures_of(trial)]
    found: dict[str, dict[str, float]] = {}
    for name in names if len(first) >= LEAST else ():
        study = optuna.create_study()
        for trial in first:
            value = float(figures_of(trial)[1][name])
            study.add_trial(
                optuna.create_trial(
                    params=trial.params, distributions=trial.distributions, value=value
                )
            )
        if len({trial.value for trial in study.get_trials(deepcopy=False)}) < 2:
            continue
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        own = optuna.importance.get_param_importances(study, evaluator=evaluator)
        found[name] = {key: float(f"{own[key]:.4g}") for key in sorted(own)}
    return found
