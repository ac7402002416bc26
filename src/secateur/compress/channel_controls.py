"""What a removal of channels is compared with: the same training, new weights, and chance."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from secateur.arrays.rows import Rows
from secateur.compress import channel_rounds
from secateur.compress.channel_removal import Measure
from secateur.compress.channel_rounds import Seed
from secateur.core.seeds import seed_file
from secateur.keras_io.backend import keras
from secateur.recipes.channel_terms import NONE, Terms
from secateur.recipes.channels import Channels, Control
from secateur.train import epochs_in_all, seeds_apart
from secateur.train.trainings import Trainings


def trained(
    control: Control,
    runs: Trainings,
    recipe: Channels,
    done: Path,
    paths: Sequence[Path],
    terms: Terms = NONE,
    measure: Measure | None = None,
) -> Iterator[Seed]:
    """Yield the file and the curves of each seed of a control, in order.

    Args:
        control: `same_training` removes nothing; `from_scratch` trains networks of the same widths
            from new weights, for as many epochs as the network in `done` had in all; `random`
            removes as much by chance. All else is alike: rows, settings, teacher.
        runs: the training that the recipe is, without its removal.
        recipe: which channels go.
        done: the folder of the recipe's trained networks.
        paths: the files and folders that the results of all seeds follow from.
        terms: what the recipe needs of other sections.
        measure: tells what the recipe keeps, where it is not counted.

    Raises:
        InputError: as `channel_rounds.trained` does.
    """
    runs = runs._replace(name=f"{runs.name}, {control}")
    if control == "random":
        by_chance = recipe.model_copy(update={"score": "random"})
        yield from channel_rounds.trained(runs, by_chance, paths, terms, measure)
    elif control == "same_training":
        yield from seeds_apart.files_of(runs, paths)
    else:
        epochs, patience = epochs_in_all.read(done)
        again = runs._replace(
            starts={seed: seed_file(done, seed) for seed in runs.starts},
            change=with_new_weights,
            epochs=epochs,
            patience=patience,
            settings_of_functions=control,
        )
        yield from seeds_apart.files_of(again, paths)


def with_new_weights(model: keras.Model, _: Rows, seed: int) -> keras.Model:
    """Return a network that is built alike, with weights as before any training.

    What no training changes stays: frozen layers, and what a layer learned of the data beforehand.
    The running statistics of batch normalization begin anew.
    """
    keras.utils.set_random_seed(seed)
    new = keras.models.clone_model(model)
    for own, layer in zip(new.layers, model.layers, strict=True):
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable:
            continue
        for weight, value in zip(
            own.non_trainable_weights, layer.non_trainable_weights, strict=True
        ):
            weight.assign(value)
    return new
