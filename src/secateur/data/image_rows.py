"""Many pictures, decoded in their order to one array that may be larger than memory."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from tqdm import tqdm

from secateur.arrays.encoding import Classes
from secateur.core.errors import InputError, of_system
from secateur.data.gathered import Gathered
from secateur.data.parameters import Pictures
from secateur.data.split_by import SplitBy

if TYPE_CHECKING:
    from secateur.data.image_files import Picture

THREADS = 2  # Pillow lets go of the interpreter while it decodes
AHEAD = 8  # pictures that may wait; a large one takes much memory
MOST_BROKEN = 5  # pictures that cannot be used and are named together

Source = tuple[str, Path | bytes]  # how messages begin, and the picture's file or content


class Rows(NamedTuple):
    """Pictures (n, height, width, channels) and their targets: `reading.Raw` after `where`."""

    inputs: np.ndarray
    target: np.ndarray
    classes: Classes | None
    left_out: int
    notes: Sequence[str]
    split_by: SplitBy | None


def gather(
    where: str, sources: Iterable[Source], count: int, how: Pictures
) -> tuple[np.ndarray, list[str]]:
    """Return the pictures (n, height, width, channels) as bytes, and what a user may want to know.

    `count` is how many there are, for the progress on a terminal.

    Raises:
        InputError: a picture is unusable, or has another size than the first one or than `how`
            demands; or the disk is full.
    """
    from secateur.data import image_files  # it imports Pillow, which tables do not need

    rows = Gathered()
    size, whose = (tuple(how.size), "data.image.size is") if how.size else (None, "")
    turned: list[str] = []
    broken: dict[str, InputError] = {}
    # disable=None: tqdm shows the bar only on a terminal.
    with tqdm(total=count, desc=where, unit=" pictures", leave=False, disable=None) as bar:
        for at, picture in _decoded(partial(image_files.decode, how=how), sources):
            bar.update()
            if isinstance(picture, InputError):
                broken[at] = picture
                if len(broken) == MOST_BROKEN:
                    break
            if broken or isinstance(picture, InputError):
                continue
            if size is None:
                size, whose = picture.pixels.shape[:2], f"the first, {at}, has"
            image_files.check_size(at, picture.pixels, size, whose)
            turned += [at] * picture.turned
            try:
                rows.append(picture.pixels[None])
            except OSError as error:  # of the temporary file, not of the source
                raise InputError(of_system(error)) from None
    if broken:
        raise _together(broken)
    return rows.array(), _notes(where, turned)


def _together(broken: dict[str, InputError]) -> InputError:
    """Return the first fault, and the names of the others."""
    first, *others = broken
    rest = " and perhaps others" if len(broken) == MOST_BROKEN else ""
    more = f"; {len(others)} more cannot be used: {', '.join(others)}{rest}" if others else ""
    return InputError(f"{broken[first]}{more}")


def _notes(where: str, turned: list[str]) -> list[str]:
    if not turned:
        return []
    return [
        f"{where}: {len(turned)} pictures have an EXIF tag that turns or mirrors them; they are "
        f"read as stored, as Keras does; the first: {turned[0]}"
    ]


def _decoded(
    decode: Callable[[str, Path | bytes], "Picture"], sources: Iterable[Source]
) -> Iterator[tuple[str, "Picture | InputError"]]:
    """Decode in threads, a few pictures ahead; give them, or their faults, in their order."""
    waiting: deque[tuple[str, Future[Picture]]] = deque()
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for where, source in sources:
                waiting.append((where, pool.submit(decode, where, source)))
                if len(waiting) > AHEAD:
                    at, future = waiting.popleft()
                    yield at, _result(future)
            while waiting:
                at, future = waiting.popleft()
                yield at, _result(future)
        finally:
            for _, future in waiting:
                future.cancel()


def _result(future: "Future[Picture]") -> "Picture | InputError":
    try:
        return future.result()
    except InputError as error:
        return error
