"""The model card of the recommended model (M. Mitchell et al., 2019, "Model Cards")."""

import re
from collections.abc import Mapping
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from secateur.report import (
    budget,
    cost_sentences,
    cost_table,
    formatting,
    page,
    result_tables,
    verdict,
)
from secateur.report.controls import control
from secateur.report.costs import DEVICES, detail, file_for
from secateur.report.formatting import number, spread
from secateur.report.parameters import Card
from secateur.report.results import Results
from secateur.report.table import Table, plain

FEW = 40  # inputs that the card names


def files(results: Results, model: str) -> dict[str, str]:
    """Return the artifact of each file that devices get of a model, by the file's name here."""
    found = {device: file_for(results, model, device) for device in DEVICES}
    return {f"{device}.tflite": file.artifact for device, file in found.items() if file}


def text(
    results: Results, made: Mapping[str, Any], card: Card, contents: Mapping[str, bytes]
) -> str:
    """Return the card in Markdown; it says so where nothing is recommended.

    Args:
        results: of the run.
        made: as in `page.write`.
        card: what a person says.
        contents: of the files that `files` names.
    """
    said = verdict.verdict(results)
    if said.chosen is None:
        return "# No model\n\n" + "\n\n".join(said.sentences) + "\n"
    name, found = said.chosen, detail(results)
    other = control(name, results.recipes, results.elsewhere())
    shown = dict.fromkeys(filter(None, ("baseline", other, name)))
    recipe = page.as_yaml({name: made["params"]["recipes"][name]})
    return page.template("model_card.md", autoescape=False, shown=formatting.markdown).render(
        name=name,
        card=card,
        said={key: _paragraph(getattr(card, key)) for key in ("use", "limits")},
        data=results.data,
        takes=_takes(results, name),
        files=_files(results, name, contents).markdown(),
        seed=results.best_seed(name),
        sentences=[sentence.replace("\xa0", " ") for sentence in said.sentences],
        budget=cost_sentences.on_budget(results, name, found),
        warnings=[warning for warning in said.warnings if warning.startswith(f"{name}: ")],
        models=_rows(result_tables.models(results), shown).markdown(),
        costs=_rows(cost_table.costs(results, found), shown).markdown(),
        rows={part.name: f"{part.rows:,}" for part in results.found.parts},
        data_source=results.found.source,
        seeds=results.seeds(),
        start=results.recipes[name].start,
        recipe=recipe,
        fence=page.fence(recipe),
        versions=made["versions"].markdown(),
    )


def _paragraph(text: str | None) -> str | None:
    """Return a person's text, no line of which is a heading of the card."""
    return text and re.sub(r"^(\s*)#", r"\1\\#", text, flags=re.MULTILINE)


def _takes(results: Results, model: str) -> str:
    """Name the inputs of a model's files, in their order."""
    names = [formatting.markdown(name) for name in results.data.features]
    if not names:
        return "an array of numbers, such as a picture"
    kept = results.inputs[model][str(results.best_seed(model))]
    read = names if kept is None else [names[number] for number in kept]
    few = ", ".join(read[:FEW]) + (f" and {len(read) - FEW} more" if len(read) > FEW else "")
    return f"{few}, in this order" + ("" if kept is None else f" ({len(read)} of {len(names)})")


def _files(results: Results, model: str, contents: Mapping[str, bytes]) -> Table:
    """Return a row for each file: its own figures, and those of all seeds."""
    task, seed = results.data.task, str(results.best_seed(model))
    rows = []
    for device in DEVICES:
        if file := file_for(results, model, device):
            own = results.sizes[model][file.artifact]
            takes, gives = _ends(contents[f"{device}.tflite"])
            rows.append([
                f"{device}.tflite", budget.DEVICES[device], file.artifact, takes, gives,
                f"{own['gzip_bytes']['seeds'][seed]:,}",
                number(own[task.metric]["seeds"][seed]), spread(own[task.metric]),
                f"{1 + file.above:.3g}",
            ])  # fmt: skip
    test, chosen_by = f"test {task.label}", f"validation {task.label}"
    head = ("file", "for", "is", "takes", "gives", "gzipped bytes", test, f"{test} of all seeds",
            f"{chosen_by}, times its source's")  # fmt: skip
    return plain("files", head, rows)


def _ends(content: bytes) -> tuple[str, str]:
    """Return the types of what a file takes and gives, such as int8."""
    graph = schema.ModelT.InitFromPackedBuf(content, 0).subgraphs[0]
    names = {value: name.lower() for name, value in vars(schema.TensorType).items()}
    taken, given = (names[graph.tensors[end[0]].type] for end in (graph.inputs, graph.outputs))
    return taken, given


def _rows(table: Table, names: Mapping[str, None]) -> Table:
    """Return the rows of some models."""
    return table._replace(rows=[row for row in table.rows if row[0].text in names])
