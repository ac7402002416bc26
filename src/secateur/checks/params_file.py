"""Check of a whole `params.yaml`, before any work starts."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from secateur.checks import added_sections, named_files
from secateur.checks.chains import check_chains
from secateur.checks.recipes_fit import check_recipes
from secateur.core import params
from secateur.core.errors import InputError, did_you_mean
from secateur.core.params import Params
from secateur.core.seeds import Seeds
from secateur.core.tasks import TASKS, TaskName
from secateur.data import image_folder, sources, split_by
from secateur.data.friedman1 import MADE, GenerateData
from secateur.data.parameters import Data
from secateur.data.splitting import Split, row_counts
from secateur.devices.costs import MeasureCosts
from secateur.devices.latency import MeasureLatency
from secateur.evaluate.sizes import MeasureSizes
from secateur.export.tflite import Convert
from secateur.network import inputs
from secateur.network.model import Model
from secateur.precision.parameters import MixPrecision
from secateur.recipes import channel_terms, stopping
from secateur.recipes.recipe import Recipes
from secateur.recipes.training import TrainBaseline, Training
from secateur.report.budget import Budget
from secateur.report.parameters import Report
from secateur.search import space
from secateur.search.parameters import Search
from secateur.trade_off.points import TradeOff


class Everything(Params):
    """Every section of `params.yaml`."""

    seeds: Annotated[
        Seeds,
        Field(description="Every training runs once per seed; a seed fixes weights and batches"),
    ]
    data: Annotated[Data, Field(description="The rows: the demonstration's, or your own")]
    task: Annotated[TaskName, Field(description="What is predicted: a number, or a class")]
    generate_data: Annotated[
        GenerateData,
        Field(description=f"The demonstration's rows, Friedman #1, in `{MADE}`"),
    ]
    split: Annotated[Split, Field(description="Which rows train, validate and test")]
    model: Annotated[
        Model, Field(description="The network: exactly one of `layers`, `build` and `file`")
    ]
    training: Annotated[
        Training,
        Field(description="How the baseline and recipes without their own `training` train"),
    ]
    train_baseline: Annotated[
        TrainBaseline, Field(description="How long the dense baseline is trained")
    ]
    recipes: Annotated[
        Recipes,
        Field(description="What to do to the network; each recipe is a model in every table"),
    ]
    trade_off: Annotated[
        TradeOff, Field(description="The curve of size against error, from the trained baseline")
    ]
    convert: Annotated[Convert, Field(description="The TFLite files")]
    mix_precision: Annotated[
        MixPrecision,
        Field(description="Which layers may have int4 weights and which need floats"),
    ]
    measure_sizes: Annotated[
        MeasureSizes, Field(description="How files are measured, and which files fail the run")
    ]
    measure_latency: Annotated[
        MeasureLatency, Field(description="How the time of each TFLite file is measured")
    ]
    measure_costs: Annotated[
        MeasureCosts, Field(description="What a microcontroller and an Ethos-U pay for a file")
    ]
    budget: Annotated[
        Budget,
        Field(
            description="What the recommended model may cost on its device; `{}`: no limit. The "
            "report marks what keeps it, and `secateur gate` fails where the recommended model "
            "breaks it"
        ),
    ]
    report: Annotated[Report, Field(description="What the report shows beside the run's results")]
    search: Annotated[
        Search | None,
        Field(description="What `secateur search` tries; may be left out"),
    ] = None


def check_params(path: Path) -> Everything:
    """Check each value, and whether the sections fit together.

    The stage `check_recipes` checks what depends on a user's own data or model.

    Raises:
        InputError: the message names the file, the key, the value and what is allowed.
    """
    return check_content(params.read(path))


def check_content(given: params.ParamsFile) -> Everything:
    """Check what `params.read` has parsed, as `check_params` does."""
    path = given.path
    fields = Everything.model_fields.items()
    added_sections.check(given, [name for name, field in fields if field.is_required()])
    everything: Everything = params.validate(Everything, given.content, str(path))
    try:
        everything.data.check_task(everything.task)
        _check_labels(everything)
        _check_trainings(everything)
        check_chains(everything.recipes)
        everything.mix_precision.check(everything.recipes)
        _check_budgets(everything)
        if everything.search:
            _check_search(everything, everything.search, given.content)
        everything.model.check_task(TASKS[everything.task])
        split_by.check(everything.split, everything.data)
        _check_output(everything)
        named_files.check(everything.data, everything.model)
        _check_inputs(everything)
        if image_folder.is_one(everything.data.source):  # decoding all of it takes minutes
            image_folder.check(everything.data, everything.task, everything.split)
        if everything.data.source == MADE and everything.task != "regression":
            raise InputError(
                f"task: {everything.task!r}: {MADE} has numbers to predict; must be "
                "regression, or set data.source to a file of your own"
            )
        if everything.data.source == MADE and everything.split.by is None:
            generated = everything.generate_data
            rows, *_ = row_counts(generated.n_samples, everything.split)
            everything.training.check_rows(rows)
            data = everything.data
            plain = not data.features and not data.drop and data.targets == ["y"]
            kernels = everything.model.dense_layers([generated.n_features], 1) if plain else None
            check_recipes(everything.recipes, everything.training, rows, kernels)
            everything.trade_off.check(rows)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return everything


def _check_labels(everything: Everything) -> None:
    """Raise InputError if a section weighs classes or smooths labels, and there are none."""
    everything.training.check_task(everything.task)
    own = {f"recipes.{name}": recipe.training for name, recipe in everything.recipes.items()}
    for where, training in {**own, "trade_off": everything.trade_off.training}.items():
        try:
            if training:
                training.check_task(everything.task)
        except InputError as error:
            raise InputError(f"{where}.{error}") from None


def _check_trainings(everything: Everything) -> None:
    """Raise InputError if the baseline's warm-up never ends, or a task lacks a `monitor`."""
    baseline = everything.train_baseline
    own = {f"recipes.{name}": recipe.monitor for name, recipe in everything.recipes.items()}
    for where, monitor in {"train_baseline": baseline.monitor, **own}.items():
        try:
            stopping.check_monitor(monitor, everything.task)
            if (recipe := everything.recipes.get(where.partition(".")[2])) and recipe.distill:
                recipe.distill.check_task(everything.task)
            if where == "train_baseline":
                everything.training.check_epochs(baseline.epochs)
        except InputError as error:
            raise InputError(f"{where}.{error}") from None


def _check_budgets(everything: Everything) -> None:
    """Raise InputError if a recipe keeps a budget that is not set."""
    costs = everything.measure_costs
    npu = channel_terms.Npu(
        accelerator=costs.accelerator, system=costs.system, memory_mode=costs.memory_mode
    )
    for name, recipe in everything.recipes.items():
        channel_terms.of(
            f"recipes.{name}.channels", recipe.channels, everything.budget.given(), npu
        )


def _check_search(everything: Everything, search: Search, content: dict[str, Any]) -> None:
    """Raise InputError if a search does not fit the recipes, or cannot begin with today's."""
    if search.recipe not in everything.recipes:
        raise InputError(
            f"search.recipe: {search.recipe!r}: no such recipe"
            f"{did_you_mean(search.recipe, everything.recipes)}; must be of "
            f"{', '.join(sorted(everything.recipes))}"
        )
    links = space.chain(search.recipe, content["recipes"])
    classes = everything.task != "regression"
    search.check(everything.seeds, content["recipes"], links, classes)
    space.check(search, content)


def _check_output(everything: Everything) -> None:
    """Raise InputError if outputs are not linear; half of a standardized target is negative."""
    activation, data = everything.model.output_activation, everything.data
    linear = activation in (None, "linear")
    if everything.task == "regression" and data.standardize and not linear:
        raise InputError(
            f"model.output_activation: {activation!r}: cannot give a standardized target; leave it "
            "out, or set data.standardize: false"
        )


def _check_inputs(everything: Everything) -> None:
    """Raise InputError if `model.inputs` names what is no input, as far as params.yaml says.

    The stage `build_model` checks the rest, which the data say.
    """
    data, wanted = everything.data, everything.model.inputs
    if wanted is None:
        return
    by = everything.split.by
    elsewhere = {
        **dict.fromkeys(data.drop, "data.drop"), **({by[1]: f"split.{by[0]}"} if by else {}),
        **({data.anomaly: "data.anomaly"} if data.anomaly else {}),
        **dict.fromkeys(data.targets, "data.target"),
    }  # fmt: skip
    for name, own in wanted.items():
        for column in own:
            if column in elsewhere:
                raise InputError(
                    f"{inputs.KEY}.{name}: {column!r}: is in {elsewhere[column]}, so it is no "
                    "input; remove it from one"
                )
    columns = data.features
    if sources.kind(data.source) == ".npz" or Path(data.source).is_dir():
        columns = []
    elif data.source == MADE and columns is None:
        made = [f"x{number}" for number in range(everything.generate_data.n_features)]
        columns = [name for name in made if name not in elsewhere]
    if columns is not None:
        inputs.check_columns(wanted, columns)
