"""Whether a whole `params.yaml` can work, checked before any work is done."""

from pathlib import Path

from secateur.checks.chains import check_chains
from secateur.checks.recipes_fit import check_recipes
from secateur.core import params
from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.core.seeds import Seeds
from secateur.core.tasks import TASKS, TaskName
from secateur.data.friedman1 import MADE, GenerateData
from secateur.data.reading import Data
from secateur.data.sources import is_url
from secateur.data.splitting import Split, row_counts
from secateur.evaluate.sizes import MeasureSizes
from secateur.export.tflite import Convert
from secateur.network.model import Model
from secateur.recipes.recipe import Recipes
from secateur.recipes.training import TrainBaseline, Training
from secateur.report.references import Report
from secateur.trade_off.points import TradeOff


class Everything(Params):
    """Every section of `params.yaml`."""

    seeds: Seeds
    data: Data
    task: TaskName
    generate_data: GenerateData
    split: Split
    model: Model
    training: Training
    train_baseline: TrainBaseline
    recipes: Recipes
    trade_off: TradeOff
    convert: Convert
    measure_sizes: MeasureSizes
    report: Report


def check_params(path: Path) -> Everything:
    """Check each value, and what only shows when sections are taken together.

    What depends on a user's own data or model, the stage `check_recipes` checks.

    Raises:
        InputError: names the file, the key, the value and what is allowed.
    """
    everything = params.validate(Everything, params.read(path).content, str(path))
    try:
        check_chains(everything.recipes)
        everything.model.check_task(TASKS[everything.task])
        _check_output(everything)
        _check_files(everything)
        if everything.data.source == MADE:
            if everything.task != "regression":
                raise InputError(
                    f"task: {everything.task!r}: {MADE} has numbers to predict; must be "
                    "regression, or data.source a file of your own"
                )
            made = everything.generate_data
            rows, *_ = row_counts(made.n_samples, everything.split)
            everything.training.check_rows(rows)
            plain = not everything.data.features and not everything.data.drop
            kernels = everything.model.dense_layers([made.n_features], 1) if plain else None
            check_recipes(everything.recipes, everything.training, rows, kernels)
            everything.trade_off.check(rows)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return everything


def _check_output(everything: Everything) -> None:
    """A standardized target is below zero for half of the rows."""
    given, data = everything.model.output_activation, everything.data
    if everything.task == "regression" and data.standardize and given not in (None, "linear"):
        raise InputError(
            f"model.output_activation: {given!r}: cannot give what is predicted, a standardized "
            "target; leave it out, or set data.standardize: false"
        )


def _check_files(everything: Everything) -> None:
    """Whether the user's own files are there; DVC would say so later, and not where to look."""
    build = everything.model.build
    sources = {
        "data.source": everything.data.source,
        "model.build": build.partition(":")[0] if build else None,
        "model.file": everything.model.file,
    }
    for key, source in sources.items():
        if source in (None, MADE) or is_url(source) or Path(source).exists():
            continue
        near = [path.as_posix() for path in Path().glob(f"*/{Path(source).name}")]
        raise InputError(
            f"{key}: {source!r}: not found from the repository's top folder"
            + (f" (did you mean {near[0]!r}?)" if near else "")
            + "; `dvc pull` brings what DVC tracks"
        )
