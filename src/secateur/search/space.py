"""The recipes of a trial: those of `params.yaml`, with other values of what varies."""

from collections.abc import Mapping, Sequence
from typing import Any

from secateur.core import params
from secateur.core.errors import InputError, did_you_mean
from secateur.recipes.recipe import RESERVED, Recipes
from secateur.search.parameters import Range, Search, Value

Values = Mapping[str, Value]  # by key of `search.vary`


def chain(name: str, recipes: Mapping[str, Any]) -> list[str]:
    """Return a recipe and those that it starts from, the first to train first."""
    links = [name]
    while (start := recipes[links[0]]["start"]) not in RESERVED:
        links.insert(0, start)
    return links


def today(search: Search, content: Mapping[str, Any]) -> dict[str, Value]:
    """Return what `params.yaml` has of what varies; without what it leaves out."""
    found = {}
    for key in search.vary:
        value: Any = content
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if isinstance(value, bool | int | float | str):
            found[key] = value
    return found


def recipes(content: Mapping[str, Any], values: Values) -> dict[str, Any]:
    """Return the section `recipes` with these values.

    Raises:
        InputError: a value stands below a key that is none of a section.
    """
    # Not `deepcopy`: what two recipes share by an alias of YAML would change in both.
    found: dict[str, Any] = {"recipes": _copied(content["recipes"])}
    for key, value in values.items():
        *above, last = key.split(".")
        place: Any = found
        for number, part in enumerate(above):
            place = place.get(part) if isinstance(place, dict) else None
            if not isinstance(place, dict):
                missing = ".".join(above[: number + 1])
                raise InputError(f"search.vary: {key!r}: {missing} is no section of params.yaml")
        place[last] = value
    own: dict[str, Any] = found["recipes"]
    return own


def _keys(content: Mapping[str, Any], above: Sequence[str]) -> list[str]:
    """Return the keys of a section; none if there is no such section."""
    place: Any = content
    for part in above:
        place = place.get(part) if isinstance(place, Mapping) else None
    return list(place) if isinstance(place, Mapping) else []


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(own) for key, own in value.items()}
    return [_copied(own) for own in value] if isinstance(value, list) else value


def check(search: Search, content: Mapping[str, Any]) -> None:
    """Raise InputError if an end of a range, or a choice, can be no value of its key.

    The search begins with what `params.yaml` has, so that must be among what is tried.
    """
    now = today(search, content)
    for key, varies in search.vary.items():
        if key not in now:
            *above, last = key.split(".")
            raise InputError(
                f"search.vary: {key!r}: params.yaml gives it no value"
                f"{did_you_mean(last, _keys(content, above))}; the search begins with the recipe "
                "as it stands, so write there the value that it has"
            )
        if not varies.has(now[key]) if isinstance(varies, Range) else now[key] not in varies:
            raise InputError(
                f"search.vary: {key!r}: {now[key]!r} stands in params.yaml, and is not among what "
                "is tried; the search begins with it, so it must be"
            )
        for value in varies.ends() if isinstance(varies, Range) else varies:
            changed = recipes(content, {key: value})
            name = key.split(".")[1]
            try:
                params.validate(Recipes, {name: changed[name]}, "recipes")
            except InputError as error:
                raise InputError(f"search.vary: {key!r}: {value!r}: {error}") from None


def trial(
    content: Mapping[str, Any], search: Search, values: Values, seeds: Sequence[int]
) -> dict[str, Any]:
    """Return what the stage `trial` is to do: the section of its own file of parameters.

    `train` names the recipes to train, in order; those before them are as in `params.yaml`, and
    trained.
    """
    own = recipes(content, values)
    links = chain(search.recipe, own)
    return {
        "recipe": search.recipe,
        "seeds": list(seeds),
        "device": search.device,
        "rows": search.rows,
        "train": trained(links, values),
        "recipes": {name: own[name] for name in links},
    }


def trained(links: Sequence[str], values: Values) -> list[str]:
    """Return, of a chain, the recipes that a trial trains: from the first that varies on."""
    varied = {key.split(".")[1] for key in values}
    return list(links[min(number for number, name in enumerate(links) if name in varied) :])


def named(content: Mapping[str, Any], recipe: str, values: Values, name: str) -> dict[str, Any]:
    """Return the recipes that a trial adds to `params.yaml`, under a name of their own.

    The recipe itself gets the name; one that it starts from, and that varies or starts from such a
    one, gets the name with its own behind it.

    Args:
        content: with the section `recipes` as it was searched.
        recipe: whose file was measured.
        values: of the trial.
        name: a new one.
    """
    own = recipes(content, values)
    some = trained(chain(recipe, own), values)
    names = {old: name if old == recipe else f"{name}_{old}" for old in some}
    return {
        names[old]: {**own[old], "start": names.get(start, start)}
        for old in some
        for start in [own[old]["start"]]
    }
