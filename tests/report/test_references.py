"""Known results from elsewhere can be drawn."""

from typing import Any

import pytest

from secateur.core.errors import InputError
from secateur.core.params import validate
from secateur.report.parameters import Report


@pytest.mark.parametrize(
    "reference",
    [
        {"name": "", "gzip_bytes": 1},
        {"name": "two\nlines", "gzip_bytes": 1},
        {"name": "x" * 31, "gzip_bytes": 1},
        {"name": "a", "gzip_bytes": 0},
        {"name": "a", "gzip_bytes": 1, "error": 0.0},
        {"name": "a", "gzip_bytes": 1, "mse": 1.0},
    ],
)
def test_a_reference_that_cannot_be_drawn_is_refused(reference: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"report\.references\.0"):
        validate(Report, {"references": [reference]}, "params.yaml: report")


def test_an_error_may_be_unknown() -> None:
    given = {"references": [{"name": "a", "gzip_bytes": 1, "error": None}]}
    assert validate(Report, given, "report").references[0].error is None
