"""What `secateur channels` is asked to remove: by a recipe of params.yaml, or by options."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from secateur.core import params
from secateur.core.errors import InputError, did_you_mean
from secateur.core.params import ParamsFile
from secateur.recipes import scopes
from secateur.recipes.channels import Channels
from secateur.recipes.recipe import Recipe

LAYERS = Path("models/layers.json")
# What messages say of a recipe, and options have other names for.
KEY = re.compile(r"(\b)channels\.(keep\.\w+|\w+): ")
ADVISED = re.compile(r"((?:lower|fewer) )(round_to|min_channels|keep_layers) ?")


def of_recipe(name: str, given: ParamsFile) -> Recipe:
    """Return a recipe of params.yaml that removes channels.

    Raises:
        InputError: there is no such recipe, or it is wrong or removes none.
    """
    recipes = given.section("recipes", dict[str, Any])
    having = [key for key, own in recipes.items() if isinstance(own, dict) and own.get("channels")]
    if name not in having:
        why = (
            "removes no channels"
            if name in recipes
            else f"no such recipe{did_you_mean(name, having)}"
        )
        known = ", ".join(having) or f"none: no recipe of {given.path} has channels"
        raise InputError(f"--recipe {name}: {why}; allowed: {known}")
    found: Recipe = given.section(f"recipes.{name}", Recipe)
    return found


def of_options(options: Mapping[str, Any]) -> Channels:
    """Return what the options say; raises InputError that names a key of `channels`."""
    found: Channels = params.validate(Channels, dict(options), "channels")
    return found


def with_layers(channels: Channels) -> Channels:
    """Name the layers that keep their channels as the network does; raises InputError for others.

    Their names are those of the user, or patterns.
    """
    if not channels.keep_layers:
        return channels
    own = scopes.named(channels.keep_layers, scopes.read_layers(LAYERS), "channels.keep_layers")
    return channels.model_copy(update={"keep_layers": own})


def told(error: InputError, recipe: str | None, path: Path) -> InputError:
    """Name what the user wrote: the recipe's key, or else the option."""
    message = str(error)
    if recipe is not None:
        return InputError(re.sub(r"^(?=channels\.)", f"{path}: recipes.{recipe}.", message))
    for pattern in (KEY, ADVISED):
        message = pattern.sub(lambda found: f"{found[1]}{_option(found[2])} ", message)
    return InputError(message.rstrip())


def _option(key: str) -> str:
    return "--" + key.replace(".", "-").replace("_", "-")
