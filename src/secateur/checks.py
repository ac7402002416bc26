"""Whether a whole `params.yaml` can work, told before any work is done."""

from pathlib import Path

from secateur import params
from secateur.converting import Convert
from secateur.errors import InputError
from secateur.friedman import GenerateData
from secateur.network import Network, kernel_shapes
from secateur.optimizers import Training
from secateur.params import Params
from secateur.recipes import Recipes
from secateur.report.references import Report
from secateur.seeds import Seeds
from secateur.sizes import MeasureSizes
from secateur.splitting import Split, row_counts
from secateur.trade_off import TradeOff
from secateur.training import TrainBaseline


class ParamsFile(Params):
    """Every section of `params.yaml`."""

    seeds: Seeds
    generate_data: GenerateData
    split: Split
    build_model: Network
    training: Training
    train_baseline: TrainBaseline
    recipes: Recipes
    trade_off: TradeOff
    convert: Convert
    measure_sizes: MeasureSizes
    report: Report


def check_params(path: Path) -> ParamsFile:
    """Check each value, and what only shows when sections are taken together.

    Raises:
        InputError: names the file, the key, the value and what is allowed.
    """
    everything = params.validate(ParamsFile, params.read(path), str(path))
    try:
        rows, *_ = row_counts(everything.generate_data.n_samples, everything.split)
        everything.training.check_rows(rows)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    kernels = kernel_shapes(everything.build_model, everything.generate_data.n_features)
    for name, recipe in everything.recipes.items():
        try:
            recipe.targets(kernels)
            training = recipe.training or everything.training
            training.check_rows(rows)
            recipe.first_full_epoch(rows, training.batch_size)
        except InputError as error:
            raise InputError(f"{path}: recipes.{name}.{error}") from None
    if everything.convert.calibration_rows > rows:
        raise InputError(
            f"{path}: convert.calibration_rows: {everything.convert.calibration_rows}: more than "
            f"the {rows} training rows; allowed: 1 to {rows}"
        )
    try:
        everything.trade_off.check(rows)
    except InputError as error:
        raise InputError(f"{path}: trade_off.{error}") from None
    return everything
