"""The model card of the recommended model (M. Mitchell et al., 2019, "Model Cards")."""

from collections.abc import Mapping
from typing import Any

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


def files(results: Results, model: str) -> dict[str, str]:
    """Return the artifact of each file that devices get of a model, by the file's name here."""
    found = {device: file_for(results, model, device) for device in DEVICES}
    return {f"{device}.tflite": file.artifact for device, file in found.items() if file}


def text(results: Results, made: Mapping[str, Any], card: Card) -> str:
    """Return the card in Markdown; it says so where nothing is recommended.

    `made` is as in `page.write`; `card` is what a person says.
    """
    said = verdict.verdict(results)
    if said.chosen is None:
        return "# No model\n\n" + "\n\n".join(said.sentences) + "\n"
    name, found = said.chosen, detail(results)
    other = control(name, results.recipes, results.elsewhere())
    shown = dict.fromkeys(filter(None, ("baseline", other, name)))
    recipe = page.as_yaml({name: made["params"]["recipes"][name]})
    features = [formatting.markdown(feature) for feature in results.data.features]
    few = ", ".join(features[:10]) + (f" and {len(features) - 10} more" * (len(features) > 10))
    return page.template("model_card.md", autoescape=False, shown=formatting.markdown).render(
        name=name,
        card=card,
        data=results.data,
        takes=few or "an array of numbers, such as a picture",
        files=_files(results, name).markdown(),
        seed=results.best_seed(name),
        sentences=[
            sentence.replace("\xa0", " ")
            for sentence in (*said.sentences, *cost_sentences.on_budget(results, name, found))
        ],
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


def _files(results: Results, model: str) -> Table:
    metric, label = results.data.task.metric, results.data.task.label
    rows = []
    for device in DEVICES:
        if file := file_for(results, model, device):
            own = results.sizes[model][file.artifact]
            rows.append([
                f"{device}.tflite", budget.DEVICES[device], file.artifact,
                f"{own['gzip_bytes']['median']:,.0f}", spread(own[metric]),
                "as its source" if file.good else f"{number(100 * file.above)} % more",
            ])  # fmt: skip
    head = ("file", "for", "is", "gzipped bytes", f"test {label}", f"validation {label}")
    return plain("files", head, rows)


def _rows(table: Table, names: Mapping[str, None]) -> Table:
    """Return the rows of some models."""
    return table._replace(rows=[row for row in table.rows if row[0].text in names])
