"""What README.md and examples/README.md show of results, from a run's `metrics/`."""

from pathlib import Path


def verdict(metrics: Path) -> str:
    """Return what the report says first, quoted in Markdown."""
    text = _report(metrics).partition("\n")[2].partition("\n## ")[0].strip()
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


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
