"""Dates and times as people write them; they are named, not read."""

import re
from collections.abc import Iterable

MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|"
    r"july|august|september|october|november|december)\.?"
)
TIME = r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-6]\d(?:[.,]\d+)?)?(?: ?[ap]\.?m\.?)?"
ZONE = r"(?: ?(?:z|utc|gmt|[+-]\d\d:?\d\d))?"
DAY, YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:1[5-9]\d\d|2[01]\d\d)"
DATE = (
    rf"{YEAR}([-/.])(?:0?[1-9]|1[0-2])\1{DAY}"  # 2020-01-31
    rf"|(?:{DAY}([-/])(?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])([-/]){DAY})(?:\2|\3)(?:{YEAR}|\d\d)"
    rf"|{DAY}\.(?:0?[1-9]|1[0-2])\.{YEAR}"  # 31.1.2020
    rf"|{DAY}(?:st|nd|rd|th)?[ -]{MONTH}[ ,-]+(?:{YEAR}|\d\d)"  # 31 Jan 2020
    rf"|{MONTH} {DAY}(?:st|nd|rd|th)?,? {YEAR}"  # January 31, 2020
)
MOMENT = re.compile(rf"(?:{DATE})(?:[t ,]+{TIME}{ZONE})?|{TIME}{ZONE}", re.IGNORECASE)


def are_dates(texts: Iterable[str]) -> list[bool]:
    """Whether each text is a date, a time of day, or both."""
    return [MOMENT.fullmatch(text.strip()) is not None for text in texts]
