"""The next item is made while the last one is used."""

import threading
from collections.abc import Iterator

import pytest

from secateur.arrays.ahead import ahead


def test_items_come_in_their_order_and_one_is_made_ahead() -> None:
    made: list[int] = []
    second = threading.Event()

    def items() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    found = []
    for item in ahead(items()):
        if item == 0:
            assert second.wait(30)  # while the first is used
        assert len(made) <= item + 2  # and no more than one
        found.append(item)
    assert found == [0, 1, 2, 3, 4]


def test_what_making_an_item_raises_is_raised() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("damaged")

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(OSError, match="damaged"):
        next(coming)
