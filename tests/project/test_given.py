"""Keys that `secateur init --set` takes are checked before the data are looked at."""

import pytest

from secateur.core.errors import InputError
from secateur.project import given


def test_values_are_yaml() -> None:
    found = given.read(
        ["data.header=[a, b]", "data.drop=[id]", 'data.separator=";"', "split.group=patient"]
    )
    assert found.data == {"header": ["a", "b"], "drop": ["id"], "separator": ";"}
    assert found.split == {"group": "patient"}
    assert given.read(["data.anomaly=odd"], "inputs").data == {"anomaly": "odd"}
    assert given.read([]) == given.NOTHING
    assert given.NOTHING == ({}, {})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["data.header"], ["--set data.header", "KEY=VALUE"]),
        (["data.heder=true"], ["data.heder", "did you mean", "data.header", "params.yaml"]),
        (["data.target=y"], ["data.target", "cannot be set"]),
        (["training.epochs=3"], ["training.epochs", "allowed", "split.time"]),
        (["data.header=[a"], ["--set data.header=[a", "quote it"]),
        (["data.skip_lines=-1"], ["--set data", "skip_lines", "-1"]),
        (["data.anomaly=odd"], ["anomaly", "target: inputs"]),
        (["data.decimal=;"], ["decimal", "';'"]),
        (["split.group=a", "split.time=b"], ["--set split", "group", "time"]),
        (["split.group=a", "split.group=b"], ["split.group", "twice"]),
    ],
)
def test_a_key_or_value_that_cannot_be_is_refused(settings: list[str], words: list[str]) -> None:
    with pytest.raises(InputError) as error:
        given.read(settings, "y")
    assert all(word in str(error.value) for word in words), str(error.value)
