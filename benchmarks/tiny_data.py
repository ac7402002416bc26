"""What MLPerf Tiny's networks learn from here: given pictures, and synthetic data for the others.

The benchmark's own recordings and photographs are gigabytes that not every machine may fetch. What
stands in their place has their shape and asks for the same kind of answer; its scores compare rows
of one table, and nothing else.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

SEED = 0
Arrays = dict[str, np.ndarray]


def pictures(given: Path) -> Arrays:
    """Return a file's pictures; every third of its test rows validates.

    The given ResNet-8 was trained with CIFAR-10's training pictures, so on those it looks better
    than it is, and a loss of accuracy would look larger than it is.
    """
    with np.load(given) as held:
        x, y = held["x_test"], held["y_test"].ravel()
        validates = np.arange(len(x)) % 3 == 0
        return {
            "x_train": held["x_train"], "y_train": held["y_train"].ravel(),
            "x_validation": x[validates], "y_validation": y[validates],
            "x_test": x[~validates], "y_test": y[~validates],
        }  # fmt: skip


def people() -> Arrays:
    """Return pictures (rows, 96, 96, 3) from 0 to 1 with a figure that stands, or its parts only.

    A figure is a head above a trunk above two legs. The other class has the same parts, upside
    down or apart, so that neither a colour nor a part tells.
    """
    rng = np.random.default_rng(SEED)
    count, side = 2400, 96
    rows, columns = np.mgrid[0:side, 0:side].astype(np.float32)
    x = np.empty((count, side, side, 3), np.float16)
    y = np.arange(count) % 2

    def ellipse(top: float, left: float, height: float, width: float) -> np.ndarray:
        return ((rows - top) / height) ** 2 + ((columns - left) / width) ** 2 < 1

    for number, person in enumerate(y):
        place = rng.uniform(0.2, 0.8, 3) + rng.uniform(-0.15, 0.15, (6, 6, 3))
        picture = np.kron(place, np.ones((16, 16, 1))).astype(np.float32)
        size = rng.uniform(5, 9)
        top, left = rng.uniform(3 * size, side - 6 * size), rng.uniform(3 * size, side - 3 * size)
        down = 1.0 if person or rng.uniform() < 0.5 else -1.0
        # Each part's place below the head, and to its right, in sizes of the head.
        places = np.array([[0, 0], [2.3, 0], [4.4, -0.5], [4.4, 0.5]]) * [down, 1]
        if not person and down > 0:
            places[1:] += rng.uniform(-3, 3, (3, 2))
            places[1:, 1] += rng.choice([-2.5, 2.5])
        for (below, right), (high, wide) in zip(
            places, [(0.8, 0.7), (1.5, 0.9), (1.2, 0.35), (1.2, 0.35)], strict=True
        ):
            centre = top + below * size, left + right * size
            picture[ellipse(*centre, high * size, wide * size)] = rng.uniform(0, 1, 3)
        for _ in range(3):  # things
            middle = rng.uniform(0, side, 2)
            picture[ellipse(*middle, *rng.uniform(2, 9, 2))] = rng.uniform(0, 1, 3)
        picture += rng.normal(0, 0.08, picture.shape)
        x[number] = np.clip(picture, 0, 1)
    return {"x": x, "y": y}


def wake_words() -> Arrays:
    """Return spectrograms (rows, 30, 1, 40): the wake word, another word, or noise.

    A word is three tones of fixed pitches; in another word they come in another order.
    """
    rng = np.random.default_rng(SEED)
    count, frames, bands = 6000, 30, 40
    y = np.arange(count) % 3
    x = rng.normal(0, 1, (count, frames, 1, bands)).astype(np.float32)
    word = np.array([8.0, 24.0, 15.0])
    orders = [(0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
    band = np.arange(bands)
    for number, kind in enumerate(y):
        if kind == 2:
            continue
        tones = word if kind == 0 else word[list(orders[rng.integers(5)])]
        tones = tones + rng.normal(0, 1.5)  # a voice
        length = rng.integers(5, 9)
        start = rng.integers(0, frames - 3 * length + 1)
        for place, tone in enumerate(tones):
            for step in range(length):
                centre = tone + rng.normal(0, 0.7)
                loud = rng.uniform(0.5, 1.6)
                frame = start + place * length + step
                x[number, frame, 0] += loud * np.exp(-(((band - centre) / 2) ** 2))
    return {"x": x, "y": y}


def machines() -> Arrays:
    """Return five frames of 128 bands each, (rows, 640), of machines, and which are `odd`.

    A machine hums at a pitch and its multiples, and turns. An odd one has a tone that fits to no
    pitch, or does not turn evenly.
    """
    rng = np.random.default_rng(SEED)
    count, bands, frames = 9000, 128, 5
    odd = (np.arange(count) % 9 == 0).astype(np.int64)
    band = np.arange(bands, dtype=np.float32)
    x = np.empty((count, frames, bands), np.float32)
    for number, wrong in enumerate(odd):
        pitch, load = rng.uniform(9, 13), rng.uniform(0.5, 1.5)
        turns = rng.uniform(0, 2 * np.pi)
        loud = 1 + 0.3 * np.sin(turns + np.arange(frames) * 1.2)
        if wrong and rng.uniform() < 0.5:
            loud = loud + rng.normal(0, 0.6, frames)
        hum = sum(
            load / part * np.exp(-(((band - part * pitch) / 1.5) ** 2)) for part in range(1, 9)
        )
        own = loud[:, None] * hum
        if wrong and rng.uniform() < 0.7:
            tone = rng.uniform(0, bands)
            own = own + 0.5 * np.exp(-(((band - tone) / 1.5) ** 2))
        x[number] = own - 0.01 * band + rng.normal(0, 0.1, (frames, bands))
    return {"x": x.reshape(count, -1), "odd": odd}


SYNTHETIC: dict[str, Callable[[], Arrays]] = {
    "mobilenet": people, "wake_word": wake_words, "autoencoder": machines,
}  # fmt: skip
