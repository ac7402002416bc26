"""What `secateur search --apply NAME` does: it adds a recipe that was found to `params.yaml`."""

from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from secateur.artifacts import SEARCHES
from secateur.checks.params_file import check_content
from secateur.core import files, params
from secateur.core.errors import InputError
from secateur.core.params import PARAMS_FILE
from secateur.recipes.recipe import RecipeName
from secateur.search import record, space
from secateur.search.record import Record


def apply(name: str, number: int | None) -> list[str]:
    """Add the best trial's recipe, or that of the trial `number`, and return what to say.

    All other lines of the file stay as they are.

    Raises:
        InputError: the name is taken or none, there is no such trial, what its recipe starts from
            has changed, or the file would be wrong.
    """
    params.validate(RecipeName, name, "--apply")
    given = params.read(PARAMS_FILE)
    everything = check_content(given)
    if everything.search is None:
        raise InputError(f"{PARAMS_FILE}: search: missing: nothing says what was searched for")
    found = record.read(SEARCHES / f"{everything.search.recipe}.json")
    number = _number(found, number)
    values = found.tried(number).values
    own = space.named({"recipes": found.recipes}, found.recipe, values, name)
    for start in {one["start"] for one in own.values()} & found.recipes.keys():
        if given.content["recipes"].get(start) != found.recipes[start]:
            raise InputError(
                f"{PARAMS_FILE}: recipes.{start}: is not as it was when the search began, and the "
                "recipe that was found starts from it; search again"
            )
    for added in own:
        if added in given.content["recipes"]:
            raise InputError(f"{PARAMS_FILE}: recipes.{added}: there is one; take another NAME")
    path = PARAMS_FILE.resolve()  # a link stays one
    text = path.read_bytes().decode("utf-8")  # as it is: with its own line ends
    text = with_recipes(text, own, f"found by `secateur search`, trial {number}")
    wanted = {**given.content, "recipes": {**given.content["recipes"], **own}}
    try:
        content = YAML(typ="safe", pure=True).load(text)
    except YAMLError:
        content = None
    if content != wanted:
        raise InputError(
            f"{PARAMS_FILE}: lines cannot be added behind its last recipe; write the section "
            "`recipes` as lines, with nothing but the next section after it"
        )
    check_content(given._replace(content=content))
    files.write_text(path, text)
    return [
        f"{PARAMS_FILE}: recipes.{', recipes.'.join(own)}: added, of trial {number}; `git diff` "
        "shows it, `secateur repro` trains it"
    ]


def _number(found: Record, number: int | None) -> int:
    if number is None:
        if found.best is None:
            raise InputError(
                f"{SEARCHES}/{found.recipe}.json: no trial keeps all that it must; --trial N "
                "takes one all the same"
            )
        return found.best
    known = [one.number for one in found.trials if not one.why]
    failed = {one.number: one.why for one in found.trials if one.why}
    if number in failed:
        raise InputError(f"--trial {number}: it failed, so it has no figures: {failed[number]}")
    if number not in known:
        raise InputError(
            f"--trial {number}: no such trial has figures; there are {len(known)}, up to "
            f"{max(known)}"
        )
    return number


def with_recipes(text: str, own: dict[str, Any], comment: str) -> str:
    """Return the text of a `params.yaml` with recipes behind its last one.

    Raises:
        InputError: the section `recipes` is written in braces.
    """
    content: Any = YAML().load(text)
    if content["recipes"].fa.flow_style():
        raise InputError(
            f"{PARAMS_FILE}: recipes: is written in braces, and lines are added below lines only; "
            "write each recipe on lines of its own"
        )
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    lines = [f"{line}\n" for line in text.split("\n")]  # `splitlines` knows other ends, too
    lines[-1] = lines[-1][:-1]
    lines = lines if lines[-1] else lines[:-1]
    rows = {key: content.lc.key(key)[0] for key in content}
    following = [row for row in rows.values() if row > rows["recipes"]]
    end = min(following, default=len(lines))
    while end and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1  # what stands above the next section is its own
    recipes = content["recipes"]
    indent = recipes.lc.key(next(iter(recipes)))[1]
    out = StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.sort_base_mapping_type_on_output = False, False  # type: ignore[assignment]
    yaml.dump(own, out)
    added = "".join(f"{' ' * indent}{line}\n" for line in out.getvalue().splitlines())
    first, _, rest = added.partition("\n")
    last = "" if lines[end - 1].endswith("\n") else "\n"
    added = f"{first}  # {comment}\n{rest}".replace("\n", end_of_line)
    return "".join([*lines[:end], last, added, *lines[end:]])
