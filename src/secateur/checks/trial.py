"""Does to a network, once and on rows of the data, all that later stages do to it."""

import functools
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from secateur.arrays.rows import Rows
from secateur.checks import advice, embeddings, own_model
from secateur.compress import clustering, pruning, sparsity
from secateur.compress.compaction import compacted
from secateur.core import raw_log
from secateur.core.errors import InputError
from secateur.core.tasks import Task
from secateur.evaluate import litert
from secateur.export.tflite import convert, convert_or_reason
from secateur.keras_io import h5_files
from secateur.keras_io.backend import keras
from secateur.recipes.clustering import Clustering
from secateur.recipes.recipe import Recipe
from secateur.recipes.schedules import ConstantSparsity
from secateur.recipes.training import Training
from secateur.train.training import Trained, train_seeds

ROWS = 8  # enough to find what cannot run; a step on them takes no time beside compiling it
PREDICTED = 256  # rows, at most, that show whether outputs are probabilities
T = TypeVar("T")


class Lacks(NamedTuple):
    """What a network cannot have, and why: other networks are the better for it."""

    no_clusters: str  # why tfmot cannot cluster it; empty if it can
    no_file: dict[str, str]  # by type of TFLite file: why there will be none


def run(
    where: str, model: keras.Model, names: dict[str, str], task: Task, rows: Rows, safe_mode: bool
) -> None:
    """Predict, convert, run in LiteRT, train a step with pruning, save, load, strip and compact.

    The network stays as it is. `names` are the user's names of layers that got others.

    Raises:
        InputError: the message names the layer, if it can be found, and what would work.
    """
    trial = _Trial(where, model, names)
    embeddings.check(where, model, rows, "training")
    some = rows.x[:PREDICTED]
    predicted = trial(
        "predicting", advice.TRAINING, lambda: np.asarray(model(some, training=False))
    )
    if not np.isfinite(predicted).all():
        raise InputError(
            f"{where}: the network gives NaN or infinity for rows of the data; scale its weights "
            "or the inputs (data.standardize: true)"
        )
    error = np.mean(keras.losses.get(task.loss)(rows.y[:PREDICTED], predicted))
    if not np.isfinite(error):
        raise InputError(
            f"{where}: the network's {task.label} is not finite in float32: the targets reach "
            f"{np.abs(rows.targets()).max():.3g}; set data.standardize: true"
        )
    own_model.check_probabilities(where, model, task, predicted)
    rows = Rows(rows.x[:ROWS], rows.y[:ROWS])
    # Conversion takes a second, and training's compilation several.
    (content,) = trial(
        "conversion to TFLite",
        advice.CONVERSION,
        lambda: [made for _, made in convert(model, ["float32"], rows.x[:])],
    )
    _run(trial, content, rows)
    trained = trial.trained(task, rows)
    stripped = pruning.strip(_reloaded(trial, trained, safe_mode))
    trial("compaction", "", lambda: compacted(stripped))


def lacks(
    where: str, model: keras.Model, names: dict[str, str], task: Task, rows: Rows,
    types: Sequence[str], safe_mode: bool,
) -> Lacks:  # fmt: skip
    """Convert to `types` beside float32; train a step with clustered weights, save and load.

    The files are not run: what an untrained network's do in int8 says nothing of a trained one's.

    The network is one that `run` let pass, and stays as it is.
    """
    trial = _Trial(where, model, names)
    rows = Rows(rows.x[:ROWS], rows.y[:ROWS])
    made = convert_or_reason(model, types, rows.x)
    no_file = {kind: reason for kind, _, reason in made if reason}
    return Lacks(_why_not(trial, lambda: _cluster(trial, task, rows, safe_mode)), no_file)


def _step_of(rows: Rows) -> Training:
    """Return the training that makes one step; the data may have fewer rows than `ROWS`."""
    return Training(optimizer="Adam", learning_rate=1e-4, batch_size=len(rows.x))


def _why_not(trial: "_Trial", step: Callable[[], object]) -> str:
    """Return what stops a step; empty if nothing does."""
    try:
        step()
    except InputError as error:
        return str(error).removeprefix(f"{trial.where}: ")
    return ""


def _run(trial: "_Trial", content: bytes, rows: Rows) -> None:
    """Run a TFLite file by LiteRT's reference kernels and by its fast ones."""
    for reference in (True, False):
        run_it = functools.partial(litert.predict, content, rows.x, reference=reference)
        trial("LiteRT, which runs its TFLite file,", advice.CONVERSION, run_it)


def _reloaded(trial: "_Trial", model: keras.Model, safe_mode: bool, of: str = "") -> keras.Model:
    """Save a network and load it, as one stage does after another; `of` says which it is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trial.h5"
        trial(f"saving{of}", "", lambda: h5_files.save(path, model))
        return trial(f"loading{of}", "", lambda: h5_files.load(path, safe_mode))


def _cluster(trial: "_Trial", task: Task, rows: Rows, safe_mode: bool) -> None:
    """Train one step with clustered weights, save and load."""
    settings, models = Clustering(number_of_clusters=3, epochs=1), {0: trial.model}
    (trained,) = trial(
        "weight clustering", "",
        lambda: list(clustering.train(
            task, "trial", settings, _step_of(rows), models, {0: None}, rows, rows, verbose=False
        )),
    )  # fmt: skip
    _reloaded(trial, trained.model, safe_mode, " what weight clustering made")


class _Trial:
    """Calls steps and turns what they raise into one sentence."""

    def __init__(self, where: str, model: keras.Model, names: dict[str, str]) -> None:
        self.where, self.model, self.names = where, model, names

    def __call__(self, title: str, doing: str, step: Callable[[], T]) -> T:
        try:
            return step()
        except Exception as error:  # other libraries raise many kinds of errors
            _pass_on(error)
            raise InputError(self._sentence(title, doing, error)) from None

    def trained(self, task: Task, rows: Rows) -> keras.Model:
        """Train one step with every kernel pruned; say whether pruning or training fails."""
        kernels = [n for n, layer in sparsity.layers(self.model).items() if layer.kernel]
        if kernels:
            recipe = Recipe(
                start="initial", scope=kernels, block_size=[1, 1], epochs=1, patience=None,
                schedule=ConstantSparsity(
                    type="ConstantSparsity", target_sparsity=0.5, begin_step=0, frequency=1
                ),
            )  # fmt: skip
            try:
                return self._step(
                    task, rows, wrap=lambda model: pruning.wrap(model, recipe),
                    callbacks=pruning.callbacks(recipe),
                )  # fmt: skip
            except Exception as error:
                _pass_on(error)
                self("training", advice.TRAINING, lambda: self._step(task, rows))
                raise InputError(self._sentence("pruning", advice.PRUNING, error)) from None
        return self("training", advice.TRAINING, lambda: self._step(task, rows))

    def _step(self, task: Task, rows: Rows, **options: Any) -> keras.Model:
        twin = keras.models.clone_model(self.model)
        twin.set_weights(self.model.get_weights())
        trained: Trained
        (trained,) = train_seeds(
            task, "trial", [(0, twin)], rows, rows, _step_of(rows),
            epochs=1, patience=None, verbose=False, **options,
        )  # fmt: skip
        return trained.model

    def _sentence(self, title: str, doing: str, error: BaseException) -> str:
        raw = f"{error} {error.__cause__ or ''}"
        layer, remedy = advice.of(self.model, doing, raw)
        at = f" at layer {self.names.get(layer, layer)!r}" if layer else ""
        said = str(error).rpartition("trial.h5: ")[2]  # without the path of a file that is gone
        own = f": {said}" if isinstance(error, InputError) and not remedy else ""
        why = f": {remedy}" if remedy else own
        kept = "" if own else raw_log.keep(error, of=f"{self.where}: {title}")
        return f"{self.where}: {title} fails{at}{why}{kept}"


def _pass_on(error: Exception) -> None:
    """Raise what the system refused, such as a full disk: no network is to blame for it."""
    if isinstance(error, OSError) and error.errno:  # h5py's own have no number
        raise error
