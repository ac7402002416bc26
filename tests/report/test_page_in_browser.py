"""The page in a real browser, offline, as a file: on a desktop, a phone, paper, without scripts."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from project import Repository

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Chromium, Debian's package `chromium`"
)
DESKTOP, PHONE, PAPER = (1280, 900), (390, 844), (1031, 700)
MODELS = ["baseline", "control", "dense_only", "finetuned", "tuned", "whole_model"]
SECTIONS = [
    "result", "models", "precision", "size", "costs", "training", "predictions", "weights",
    "inputs", "pruning", "files", "data", "collapsed", "made",
]  # fmt: skip
# What sticks out of the page, or out of a figure; what scrolls inside its own frame does not.
OVERFLOWING = """() => {
    const found = [];
    for (const element of document.body.querySelectorAll("*:not(svg *)")) {
        const box = element.getBoundingClientRect();
        const scrolls = element.parentElement.closest(".wide, pre");
        if (!scrolls && box.width && (box.left < -0.5 || box.right > innerWidth + 0.5))
            found.push(element.tagName + " " + element.className + " " + element.id);
    }
    for (const text of document.querySelectorAll("figure svg text")) {
        const box = text.getBoundingClientRect();
        const frame = text.closest("svg").getBoundingClientRect();
        if (box.left < frame.left - 1 || box.right > frame.right + 1 ||
            box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
            found.push(text.closest("figure").id + ": " + text.textContent);
    }
    return found;
}"""

# The lines that the name of each model takes.
LINES = """() => {
    const found = {};
    for (const cell of document.querySelectorAll("#table-models tbody th")) {
        const text = document.createRange();
        text.selectNodeContents(cell);
        const tops = [...text.getClientRects()].map(box => Math.round(box.top));
        found[cell.innerText] = new Set(tops).size;
    }
    return found;
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def report(pristine: Repository) -> Path:
    return pristine.folder / "metrics/report.html"


def opened(context: BrowserContext, report: Path) -> tuple[Page, list[str]]:
    """The page, and all that it complained of or asked for."""
    page, trouble = context.new_page(), list[str]()
    page.set_default_timeout(60_000)  # a busy machine is no failure
    page.on("console", lambda message: trouble.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
    page.on(
        "request", lambda r: r.is_navigation_request() or trouble.append(f"request: {r.url[:100]}")
    )
    page.goto(report.as_uri())
    return page, trouble


def context(browser: Browser, size: tuple[int, int], **options: Any) -> BrowserContext:
    return browser.new_context(
        viewport={"width": size[0], "height": size[1]}, offline=True, **options
    )


@pytest.mark.parametrize("size", [DESKTOP, PHONE, (320, 640)], ids=str)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_opens_offline_without_a_complaint(
    browser: Browser, report: Path, size: tuple[int, int], scheme: Any
) -> None:
    with context(browser, size, color_scheme=scheme) as here:
        page, trouble = opened(here, report)
        assert trouble == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert page.evaluate(OVERFLOWING) == []
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper == ("rgb(255, 255, 255)" if scheme == "light" else "rgb(13, 17, 24)")
        inks = page.evaluate(
            "[...new Set([...document.querySelectorAll('figure svg text')]"
            ".map(text => getComputedStyle(text).fill))]"
        )
        assert all(min(rgb(ink)) > 140 if scheme == "dark" else max(rgb(ink)) < 120 for ink in inks)


def rgb(colour: str) -> list[int]:
    return [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(", ")]


def test_every_section_figure_and_table_is_there(browser: Browser, report: Path) -> None:
    by_model = ("curves", "residuals", "predicted", "kernels", "weights")
    figures = {f"{kind}_{model}" for kind in by_model for model in MODELS}
    figures -= {"kernels_baseline", "weights_baseline"}  # nothing was pruned there
    figures |= {"size_against_error", "trade_off", "zeros", "error_by_cost", "alive_hidden_1"}
    figures.add("precision_whole_model")
    tables = {"models", "front", "inputs", "trade_off", "size_table", "recipes", "versions"}
    tables |= {"costs", "device_files", "precision_whole_model"}
    tables |= {"data_parts", "data_columns", "data_before", "data_after"}
    with context(browser, DESKTOP) as here:
        page, _ = opened(here, report)
        assert [
            section.get_attribute("id") for section in page.locator("section").all()
        ] == SECTIONS
        assert {f.get_attribute("id") for f in page.locator("figure").all()} == {
            f"figure-{name}" for name in figures
        }
        assert {t.get_attribute("id") for t in page.locator("table").all()} == {
            f"table-{name}" for name in tables
        }
        for picture in page.get_by_role("img").all():
            assert len(picture.get_attribute("aria-label") or "") > 20
            box = picture.bounding_box()
            assert box
            assert min(box["width"], box["height"]) > 10
        for link in page.locator("nav a").all():
            assert page.locator(link.get_attribute("href") or "").count() == 1


def test_shows_the_numbers_of_the_metrics(browser: Browser, report: Path) -> None:
    evaluation, sizes = (
        json.loads((report.parent / f"{name}.json").read_text()) for name in ("evaluation", "sizes")
    )
    with context(browser, DESKTOP) as here:
        page, _ = opened(here, report)
        for model in MODELS:
            row = page.locator("#table-models tbody tr").filter(
                has=page.get_by_role("rowheader", name=model, exact=True)
            )
            cells = [text.replace("\xa0", " ") for text in row.locator("td").all_inner_texts()]
            mse, artifacts = evaluation[model]["stripped"]["mse"], sizes[model]
            dead = evaluation[model]["collapsed"]
            low, high = min(mse["seeds"].values()), max(mse["seeds"].values())
            assert cells[1] == f"{mse['median']:.3g} ({low:.3g} to {high:.3g})" + (
                f", {dead} of 2 collapsed" if dead else ""
            )
            assert cells[6] == f"{artifacts['stripped']['gzip_bytes']['median']:,.0f}"
            shipped = cells[7].partition("(")[2].rstrip(")")
            assert cells[7] == f"{artifacts[shipped]['gzip_bytes']['median']:,.0f} ({shipped})"
            assert cells[8].startswith(f"{artifacts[shipped]['mse']['median']:.3g} (")
        for artifact in page.locator("#table-size_table tbody tr").all():
            name, *values = artifact.locator("th, td").all_inner_texts()
            if name.startswith("floor of "):
                continue
            for model, value in zip(MODELS, values, strict=True):
                assert (value == "-") == (name not in sizes[model])
                if value != "-":
                    figures = sizes[model][name]
                    size, mse = figures["gzip_bytes"]["median"], figures["mse"]["median"]
                    assert value == f"{size:,.0f}, {mse:.3g}"


def test_tables_sort_by_value(browser: Browser, report: Path) -> None:
    with context(browser, DESKTOP) as here:
        page, trouble = opened(here, report)
        table = page.locator("#table-models")
        head = table.get_by_role("columnheader", name="stripped, bytes", exact=True)

        def column() -> list[int]:
            texts = table.locator("tbody tr td:nth-child(8)").all_inner_texts()
            return [int(text.replace(",", "")) for text in texts]

        found = column()
        head.get_by_role("button").press("Enter")  # as with a keyboard
        assert column() == sorted(found) != found
        assert head.get_attribute("aria-sort") == "ascending"
        head.get_by_role("button").click()
        assert column() == sorted(found, reverse=True)
        # Where there is no value, a row comes last both ways.
        unstripped = table.get_by_role("columnheader", name="unstripped, bytes", exact=True)
        for _ in range(2):
            unstripped.get_by_role("button").click()
            assert table.locator("tbody th").all_inner_texts()[-1] == "baseline"
        assert trouble == []


@pytest.mark.parametrize("width", [1000, 1400])
def test_no_name_is_broken_where_the_table_is_wider_than_the_screen(
    browser: Browser, report: Path, width: int
) -> None:
    with context(browser, (width, 800)) as here:
        page, _ = opened(here, report)
        lines = page.evaluate(LINES)
        assert lines["baseline"] == 1
        assert set(lines.values()) == {1}


def test_cards_on_a_phone_sort_too(browser: Browser, report: Path) -> None:
    """Their head is the row of buttons; without scripts there is nothing to press."""
    with context(browser, PHONE) as here:
        page, trouble = opened(here, report)
        table = page.locator("#table-models")
        names = table.locator("tbody th").all_inner_texts()
        button = table.get_by_role("button", name="kernel sparsity", exact=True)
        assert button.is_visible()
        button.click()
        button.click()
        after = table.locator("tbody th").all_inner_texts()
        assert sorted(after) == sorted(names)
        shares = table.locator("tbody td:nth-child(2)").all_inner_texts()
        sizes = [float(share.split("%")[0]) for share in shares]
        assert sizes == sorted(sizes, reverse=True)
        assert after != names
        assert page.evaluate(OVERFLOWING) == []
        assert trouble == []


def test_everything_is_there_without_scripts(browser: Browser, report: Path) -> None:
    with (
        context(browser, PHONE) as with_scripts,
        context(browser, PHONE, java_script_enabled=False) as without,
    ):
        one, _ = opened(with_scripts, report)
        other, trouble = opened(without, report)
        one.add_style_tag(content=".cards thead { display: none !important; }")  # sorts, there
        assert other.locator("body").inner_text() == one.locator("body").inner_text()
        assert other.locator("button").count() == 0  # nothing that does nothing
        assert other.locator("svg").count() == one.locator("svg").count()
        assert trouble == []


def test_prints_all_of_it_on_paper(browser: Browser, report: Path) -> None:
    with context(browser, PAPER, color_scheme="dark") as here:
        page, _ = opened(here, report)
        page.emulate_media(media="print", color_scheme="dark")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
        assert not page.locator("nav").is_visible()
        cut = "[...document.querySelectorAll('.wide, pre')].filter(e => e.scrollWidth > innerWidth)"
        assert page.evaluate(f"{cut}.map(e => e.innerText)") == []
        assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
