"""What README.md, examples/README.md and docs/ show of results, from a run's `metrics/`."""

from pathlib import Path


def verdict(metrics: Path) -> str:
    """Return what the report says first, quoted in Markdown."""
    text = _report(metrics).partition("\n")[2].partition("\n## ")[0].strip()
    text = text.replace(" [Why](#collapsed-runs)", "")  # the report has that section
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def searches(metrics: Path) -> str:
    """Return what the report says of searches, without its pictures and what holds of all."""
    text = _report(metrics).partition("\n## Searches\n")[2].partition("\n## ")[0].strip()
    paragraphs = text.split("\n\n")[1:]
    return "\n\n".join(own.strip("\n") for own in paragraphs if not own.strip().startswith("!["))


def tables(metrics: Path) -> dict[str, str]:
    """Return the tables of `summary.md` by what the first two are of: models, and their costs."""
    summary = (metrics / "summary.md").read_text(encoding="utf-8").strip()
    return dict(zip(("models", "costs"), summary.split("\n\n"), strict=False))


def answer(benchmark: Path) -> str:
    """Return what a benchmark's page concludes: the last paragraph above its table."""
    text = benchmark.read_text(encoding="utf-8").partition("\n|")[0].strip()
    return f"> {text.rpartition(chr(10) * 2)[2]}"


def table(benchmark: Path) -> str:
    """Return the table of a benchmark's page."""
    lines = benchmark.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line.startswith("|"))


def example(metrics: Path) -> str:
    """Return the verdict and the tables of results; that of layers, too, where the report has it.

    Raises:
        OSError: the metrics have no report.
    """
    summary = (metrics / "summary.md").read_text(encoding="utf-8").strip()
    after = _report(metrics).partition("\n### Sparsity of each layer\n")[2]
    layers = after.partition("\n#")[0].strip()
    return "\n\n".join(filter(None, [verdict(metrics), summary, layers])) + "\n"


def _report(metrics: Path) -> str:
    return (metrics / "report.md").read_text(encoding="utf-8")
