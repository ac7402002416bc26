"""What of `dvc status` makes a lock stale."""

from typing import Any

import pytest

from dvc_verify import freshness


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ([], []),
        (["changed command"], ["changed command"]),
        (["always changed"], []),
        ([{"changed outs": {"model": "deleted"}}], []),
        ([{"changed deps": {"code.py": "modified"}}], ["code.py modified"]),
        ([{"changed deps": {"model": "deleted", "models/a": "deleted"}}], ["models/a deleted"]),
        ([{"changed deps": {"model/part": "deleted"}}], []),
        (
            [{"changed deps": {"params.yaml": {"rows": "modified", "seed": "new"}}}],
            ["params.yaml: rows modified", "params.yaml: seed new"],
        ),
        (["changed command", {"changed deps": {"a": "deleted"}}], ["changed command", "a deleted"]),
    ],
)
def test_changes_other_than_in_outputs_make_a_lock_stale(
    status: list[Any], expected: list[str]
) -> None:
    assert list(freshness.changes(status, ["model"])) == expected
