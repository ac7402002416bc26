"""A table as people keep them: each of its columns is doubtful in its own way."""

import random
from pathlib import Path


def write(path: Path, rows: int = 120) -> Path:
    """A CSV with a byte order mark, semicolons, decimal commas, dates, ids and missing cells."""
    draws = random.Random(1)
    lines = ["id;date;zip;size;weight;color;const;site;copy;label"]
    for i in range(rows):
        weight, color = draws.gauss(5, 1), draws.choice(["red", "green", "blü"])
        label = "good" if weight + (color == "red") > 5.3 else "bad"
        size = "" if i % 11 == 3 else f"{draws.gauss(0, 1):.2f}"
        cells = [
            str(1000 + i), f"{i % 28 + 1:02d}.{i % 12 + 1:02d}.2020",
            draws.choice(["01234", "98765", "12345"]), size.replace(".", ","),
            f"{weight:.3f}".replace(".", ","), color, "7", "" if i % 17 == 0 else "AB"[i % 2],
            f"really {label}", label,
        ]  # fmt: skip
        lines.append(";".join(cells))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return path
