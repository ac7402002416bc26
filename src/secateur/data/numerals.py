"""Numbers as people write them: `1.234,5`, `12,34,567`, `$12.50`, `(5.00)`, `35%`, `12 kg`.

A style says which marks stand for what. A text is a number under a style or it is not: groups
of thousands have three digits (or, in Indian style, two before the last three), so nothing is
guessed from one number alone.
"""

import functools
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

MARKS = {",": ",", ".": r"\.", " ": "[ \u00a0\u2007\u2009\u202f]", "'": "['\u2019]"}
CURRENCY = "$\u00a2-\u00a5\u0e3f\u20a0-\u20cf\ufe69\uff04\uffe0\uffe1\uffe5\uffe6"
CODES = (
    "USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RUB|BRL|MXN|ZAR|KRW|TRY|SGD|"
    "HKD|THB|ILS|UAH|RON"
)
LONGEST = 100  # characters; a longer text is no number
# Units that a column of numbers is known by. Others, as in `1a` or `3D`, are read where asked.
UNITS = (
    "% ‰ ° °C °F ºC ºF mg g kg t lb lbs oz nm um µm μm mm cm dm m km mi ft in yd m2 m² m3 m³ km2 "
    "km² cm2 cm² cm3 cm³ ft2 ft² sqft sqm ha ms us µs μs ns s sec secs min mins h hr hrs hour "
    "hours day days week weeks month months year years yr yrs ml mL cl dl l L gal Hz kHz MHz GHz "
    "mW kW MW GW kWh Wh kJ MJ kcal cal mV V kV mA mAh Pa hPa kPa MPa bar mbar psi kB KB MB GB TB "
    "KiB MiB GiB TiB kbps Mbps Gbps km/h kmh kph mph m/s kt kn rpm cc hp bhp PS Nm px dB ppm ppb "
    "mol mmol kmpl kr zł Kč Ft kg/m3 kg/m³ g/l mg/l mg/dL mmol/L µg/m³ ¢ bps pp"
)


class Style(NamedTuple):
    """The decimal mark; the mark between thousands, if any; and whether its groups are Indian."""

    decimal: str = "."
    thousands: str | None = None
    indian: bool = False


class Amount(NamedTuple):
    """A number and the unit beside it: `$`, `%`, `kg`, or nothing."""

    number: float
    unit: str = ""


ALL = (
    *(Style(".", mark) for mark in (None, ",", " ", "'")),
    Style(".", ",", indian=True),
    *(Style(",", mark) for mark in (None, ".", " ", "'")),
)


def read(texts: Iterable[str], style: Style) -> list[Amount | None]:
    """Read each text under one style; None is no number."""
    pattern = _pattern(style)
    return [
        _amount(pattern.fullmatch(text.strip()), style) if len(text) <= LONGEST else None
        for text in texts
    ]


def units(amounts: Sequence[Amount | None]) -> list[str]:
    """Return the distinct units of the numbers, in their order; '' stands for none."""
    return list(dict.fromkeys(amount.unit for amount in amounts if amount))


def is_known(unit: str) -> bool:
    """Whether a unit is none, a currency, percent, or a unit that everybody knows."""
    money = re.fullmatch(rf"[A-Z]{{0,3}}[{CURRENCY}]|{CODES}|Rs\.?|Fr\.?|kr\.?", unit)
    return not unit or bool(money) or unit in UNITS.split()


@functools.cache
def _pattern(style: Style) -> re.Pattern[str]:
    whole, point = r"\d+", re.escape(style.decimal)
    if style.thousands:
        mark = MARKS[style.thousands]
        groups = rf"[1-9]\d?(?:{mark}\d\d)+{mark}\d{{3}}" if style.indian else ""
        groups = groups or rf"[1-9]\d{{0,2}}(?:{mark}\d{{3}})+"
        small = rf"[1-9]\d?{mark}\d{{3}}|" if style.indian else ""
        whole = rf"{groups}|{small}\d+"
    number = rf"(?:(?:{whole})(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?"
    prefix = rf"[A-Z]{{0,3}}[{CURRENCY}]|(?:{CODES})\b|Rs\.?|Fr\.?|kr\.?"
    suffix = rf"(?:[^\W\d_]|[%‰°º{CURRENCY}'\"])[^\d()+-]{{0,30}}[23]?"
    return re.compile(
        rf"(?P<open>\()?\s*(?P<sign>[-+−]?)\s*(?P<prefix>{prefix})?\s*(?P<inner>[-+−]?)"
        rf"(?P<number>{number})\s*(?P<suffix>{suffix})?\s*(?P<close>\))?"
    )


def _amount(found: re.Match[str] | None, style: Style) -> Amount | None:
    if not found or bool(found["open"]) != bool(found["close"]):
        return None
    signs = found["sign"] + found["inner"]
    if len(signs) > 1 or (signs and found["open"]):
        return None
    text = found["number"]
    if style.thousands:
        text = re.sub(MARKS[style.thousands], "", text)
    number = float(text.replace(style.decimal, "."))
    negative = bool(found["open"]) or signs in ("-", "−")
    # The spaces around a unit mean nothing.
    unit = (found["prefix"] or "").strip() + (found["suffix"] or "").strip()
    return Amount(-number if negative else number, unit)
