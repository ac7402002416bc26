"""What is seen of a training while it runs: bars on a terminal, elsewhere a line now and then."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from tqdm import tqdm

EVERY = 30  # seconds between two lines

Show = Callable[[int, float, float], None]  # epoch (from 1), loss, validation loss

# Where a process that trains for another one writes its epochs; the other one shows them.
sent_to: TextIO | None = None


def send(fact: dict[str, Any]) -> None:
    """Send a fact to the process that this one trains for."""
    assert sent_to is not None
    sent_to.write(json.dumps(fact) + "\n")
    sent_to.flush()


@contextmanager
def shown(title: str, label: str, epochs: int, place: int = 0) -> Iterator[Show]:
    """Yield a function that shows an epoch's figures; `label` names the error, `place` the bar."""
    if sent_to is not None:
        send({"title": title, "label": label, "epochs": epochs})
        yield lambda number, loss, val_loss: send({"epoch": [number, loss, val_loss]})
    elif sys.stderr.isatty():
        with tqdm(total=epochs, desc=title, unit=" epochs", leave=False, position=place) as bar:

            def advance(number: int, loss: float, val_loss: float) -> None:
                bar.set_postfix_str(f"validation {label} {val_loss:.4g}", refresh=False)
                bar.update(number - bar.n)

            yield advance
    else:
        yield _lines(title, label, epochs)


def _lines(title: str, label: str, epochs: int) -> Show:
    begun = told = time.monotonic()
    first = 0

    def tell(number: int, loss: float, val_loss: float) -> None:
        nonlocal told, first, begun
        now = time.monotonic()
        if not first:  # the first epoch of a program takes as long as compiling it
            first, begun = number, now
        if now - told < EVERY or number >= epochs:
            return
        told = now
        left = (now - begun) / max(1, number - first) * (epochs - number)
        soon = "" if number == first else f", at most {_clock(left)} left"
        print(
            f"{title}: epoch {number} of {epochs}, loss {loss:.4g}, validation {label} "
            f"{val_loss:.4g}{soon}",
            flush=True,
        )

    return tell


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return (
        f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
    )
