"""Pruning with tfmot: wrap a model, the callbacks for its training, strip the wrappers."""

from secateur.compress.global_magnitude import share_threshold
from secateur.compress.masks import PreservedZeros, PruningLog, PruningStep
from secateur.compress.sparsity import layers
from secateur.keras_io.backend import fast_import, keras, tf
from secateur.keras_io.parts import parts
from secateur.keras_io.pruning_wrapper import PruneLowMagnitude
from secateur.recipes.recipe import Recipe
from secateur.recipes.schedules import FROZEN, Schedule

with fast_import():
    import tensorflow_model_optimization.sparsity.keras as tfmot

SCHEDULES = {
    "ConstantSparsity": tfmot.ConstantSparsity,
    "PolynomialDecay": tfmot.PolynomialDecay,
}


def schedule(wanted: Schedule) -> tfmot.PruningSchedule:
    """Return tfmot's schedule."""
    options = wanted.model_dump()
    return SCHEDULES[options.pop("type")](**options)


def wrap(
    model: keras.Model, recipe: Recipe, shared: tfmot.PruningSchedule | None = None
) -> keras.Model:
    """Return a model that prunes itself while it trains; it shares its layers with `model`.

    Each layer follows the recipe's schedule for it, or `shared` instead. If the recipe preserves
    sparsity, every other layer with a kernel is wrapped too, and its mask never changes.

    Raises:
        InputError: as `Recipe.schedules` does.
    """
    known = layers(model)
    chosen = recipe.schedules(known)
    schedules = {name: shared or schedule(own) for name, own in chosen.items()}
    together: list[PruneLowMagnitude] = []
    if recipe.preserve_sparsity:
        frozen = schedule(FROZEN)
        kernels = [name for name, layer in known.items() if layer.kernel]
        schedules = {name: schedules.get(name) or frozen for name in kernels}
    if not any(schedules.values()):
        return model

    def wrap_layer(layer: keras.layers.Layer) -> keras.layers.Layer:
        if layer.name not in schedules:
            return layer
        wrapper = PruneLowMagnitude(
            layer,
            pruning_schedule=schedules[layer.name],
            block_size=tuple(recipe.block_size),
            block_pooling_type=recipe.block_pooling_type,
        )
        if recipe.spread == "global" and layer.name in chosen:
            together.append(wrapper)
        return wrapper

    # Skip AutoGraph, as in `compile_epoch`: translating tfmot's sources takes half a second.
    clone = tf.autograph.experimental.do_not_convert(keras.models.clone_model)
    wrapped = clone(model, clone_function=wrap_layer)
    share_threshold(together)
    return wrapped


def strip(model: keras.Model) -> keras.Model:
    """Return the model without pruning wrappers, uncompiled; without wrappers, an equal model."""
    return tfmot.strip_pruning(model)


def finished(model: keras.Model) -> keras.Model:
    """Return a user's model without pruning wrappers, its masks applied; else the model itself.

    tfmot masks the weights before each training step, so the last step may have left values where
    the mask has zeros.
    """
    wrapped = [layer for layer in parts(model) if getattr(layer, "pruning_vars", ())]
    if not wrapped:
        return model
    for layer in wrapped:
        for weight, mask, _ in layer.pruning_vars:
            weight.assign(weight * mask)
    return strip(model)


def callbacks(recipe: Recipe) -> list[keras.callbacks.Callback]:
    """Return the Keras callbacks for a recipe's training, whether or not it prunes."""
    preserved = [PreservedZeros()] if recipe.preserve_sparsity else []
    return [PruningStep(), *preserved, PruningLog()]
