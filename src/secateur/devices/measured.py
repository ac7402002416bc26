"""The format of measured time: `metrics/latency.json`, and the files of users' own devices.

A user copies such a file from elsewhere, so each value in it is checked.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from secateur.core import params
from secateur.core.errors import InputError
from secateur.core.params import Params
from secateur.devices.bench import KEYS, NAME
from secateur.devices.timing import KERNELS

MOST_BYTES = 4_000_000  # of a file; 100 timed files take 150,000
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}/[A-Za-z0-9_.+-]{1,60}")
BESIDE = ("README.md",)  # what may lie beside the files of devices
MOST_FAULTS = 3  # that one message names: a wrong script makes the same one for each file
# The artifacts whose baseline is known here: the file of the same type. The curve's have their own.
OF_TYPE = re.compile(r"(?:minified|clustered)_([a-z0-9]+)")


def _printable(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError(f"{text[:40]!r}: must be printable, on one line and not empty")
    return text


def _key(text: str) -> str:
    if not KEY.fullmatch(text):
        raise ValueError(f"{text[:60]!r}: must be MODEL/ARTIFACT, such as small/minified_int8")
    return text


def _sha256(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError(f"{text[:70]!r}: must be 64 of the digits 0 to f")
    return text


Text = Annotated[str, Field(max_length=300), AfterValidator(_printable)]
Key = Annotated[str, Field(max_length=101), AfterValidator(_key)]
Positive = Annotated[float, Field(gt=0, le=1e12)]
Count = Annotated[int, Field(ge=1, le=10**12)]


class Ratio(Params):
    """Of a file's time to that of the baseline's file of the same type, over the rounds."""

    median: Positive
    low: Positive  # 5th percentile
    high: Positive  # 95th

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low <= self.median <= self.high:
            raise ValueError(
                f"low {self.low:g}, median {self.median:g}, high {self.high:g}: must be in this "
                "order"
            )
        return self


class Time(Params):
    """What a file takes, in microseconds; percentiles are of one call."""

    initialisation_us: Positive
    first_us: Positive
    p5_us: Positive
    p50_us: Positive
    p95_us: Positive
    calls: Count
    ratio: Ratio | None = None  # None: the baseline's file cannot run

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.p5_us <= self.p50_us <= self.p95_us:
            raise ValueError(
                f"p5_us {self.p5_us:g}, p50_us {self.p50_us:g}, p95_us {self.p95_us:g}: must be in "
                "this order"
            )
        return self


class CannotRun(Params):
    """Why there is no time."""

    why: Text


def _which(content: Any) -> Literal["cannot run", "time"]:
    own = isinstance(content, CannotRun) or (isinstance(content, dict) and "why" in content)
    return "cannot run" if own else "time"


Outcome = Annotated[
    Annotated[Time, Tag("time")] | Annotated[CannotRun, Tag("cannot run")], Discriminator(_which)
]


class TimedFile(Params):
    """One TFLite file, with XNNPACK and with LiteRT's own kernels."""

    sha256: Annotated[str, AfterValidator(_sha256)]
    bytes: Count
    xnnpack: Outcome
    builtin: Outcome


class Measured(Params):
    """Measured time on one device."""

    processor: Text
    system: Text
    runtime: Text
    threads: Literal[1]
    rounds: Annotated[int, Field(ge=1, le=100_000)]
    calls_at_once: Annotated[int, Field(ge=1, le=100_000)]
    baseline: Key
    files: Annotated[dict[Key, TimedFile], Field(min_length=1, max_length=5000)]


assert {*KERNELS} < TimedFile.model_fields.keys()
assert Measured.model_fields.keys() == KEYS


def read(path: Path) -> Measured:
    """Read the file of one device.

    Raises:
        InputError: it is missing or too large, or a value is not allowed; names the file, the key,
            the value and what is allowed.
    """
    if not NAME.fullmatch(path.stem) or path.suffix != ".json":
        raise InputError(
            f"{path}: {path.name!r}: must be the device's name and .json; the name has letters, "
            "digits, - and _, at most 40"
        )
    try:
        if not path.is_file():
            raise InputError(f"{path}: not found, or no file")
        if (size := path.stat().st_size) > MOST_BYTES:
            raise InputError(f"{path}: {size:,} bytes: must be at most {MOST_BYTES:,}")
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except InputError:
        raise
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not readable as JSON: {str(error)[:200]}") from None
    return check(content, str(path))


def check(content: Any, where: str) -> Measured:
    """Check what such a file holds; raises InputError as `read` does."""
    found: Measured = params.validate(Measured, content, where, MOST_FAULTS)
    faults = [f"{where}: {fault}" for fault in _across(found)]
    if len(faults) > MOST_FAULTS:
        faults[MOST_FAULTS:] = [f"and {len(faults) - MOST_FAULTS} more"]
    if faults:
        raise InputError("\n       ".join(faults))
    return found


def _across(found: Measured) -> Iterator[str]:
    """Yield what is wrong between values: a ratio is to a file that was measured beside it."""
    if found.baseline not in found.files:
        yield f"baseline: {found.baseline!r}: must be a key of `files`"
        return
    for key, file in found.files.items():
        of = _baseline_of(key, found.baseline)
        beside = found.files.get(of)
        for kernels in KERNELS:
            ratio = getattr(getattr(file, kernels), "ratio", None)
            place = f"files.{key}.{kernels}.ratio"
            if ratio is None or not of:
                continue
            if beside is None:
                yield f"{place}: is to {of!r}, which must be a key of `files`; measure again"
            elif not isinstance(getattr(beside, kernels), Time):
                yield f"{place}: is to {of!r}, which cannot run with these kernels; measure again"
            elif key == of and not ratio.low == ratio.high == 1:
                yield (
                    f"{place}: median {ratio.median:g}, low {ratio.low:g}, high {ratio.high:g}: "
                    "must be 1, as it is the baseline's to itself"
                )


def _baseline_of(key: str, baseline: str) -> str:
    """Return the key of the file that a file's ratio is to; empty where it is not known here."""
    own = OF_TYPE.fullmatch(key.partition("/")[2])
    return f"{baseline.rpartition('_')[0]}_{beside(own[1])}" if own else ""


def beside(kind: str) -> str:
    """Return the type of the baseline's file that a file of a type is timed beside.

    That is its own, but the baseline has no int4 and no mixed file.
    """
    return "int8" if kind in ("int4", "mixed") else kind


def of_folder(folder: Path) -> dict[str, Measured]:
    """Read the files of all devices, by device and sorted; a missing folder has none.

    Raises:
        InputError: as `read`; or something else lies there.
    """
    return {path.stem: read(path) for path in _files(folder)}


def hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each device's file, by device; raises InputError as `of_folder`."""
    return {
        path.stem: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in _files(folder)
        if path.is_file()
    }


def _files(folder: Path) -> list[Path]:
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in paths if not path.name.startswith(".") and path.name not in BESIDE]


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text}: must be a finite number")
