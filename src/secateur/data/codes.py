"""Codes that look like numbers: zip codes, long identifiers, dates of eight digits."""

from typing import Any

import pyarrow as pa

from secateur.data.advice import Advice
from secateur.data.spelled import matches

CODE = r"^\s*[+-]?0[0-9xX][0-9a-fA-F]*\s*$"  # Arrow reads 007 as 7 and 0x10 as 16
LONG = r"^\s*[+-]?[0-9]{17,}\s*$"  # a float keeps no more digits
DAY = r"^\s*(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])\s*$"  # 20200131


def patterns(kind: pa.DataType) -> list[str]:
    """Return the patterns of codes that Arrow reads as numbers of that type."""
    return [CODE, LONG] if pa.types.is_floating(kind) else [CODE]


def check(advice: Advice, text: Any, kind: pa.DataType) -> None:
    """Raise InputError for codes and dates that Arrow reads as numbers."""
    for pattern in patterns(kind):
        if matches(text, pattern):
            raise advice.codes(text, pattern)
    if pa.types.is_integer(kind) and matches(text, DAY, every=True) and len(text.unique()) > 1:
        raise advice.dates(text.drop_null()[0].as_py())
