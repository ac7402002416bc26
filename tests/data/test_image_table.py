"""Parquet with pictures as Hugging Face writes it: `{bytes, path}` and a class label."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pictures import content, pixels
from secateur.data import image_files, image_rows
from secateur.data.parameters import Pictures
from user_data import divide, read, refusal

N = 30
LABELS = [i % 3 for i in range(N)]
FILES = [content(pixels(i)) for i in range(N)]
NAMES = ["dog", "cat", "ant"]
STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def save(path: Path, image: list[Any], names: Any = None, **others: Any) -> Path:
    """A table with row groups of 10; an image of bytes is `{bytes, path}`."""
    cells = [
        {"bytes": cell, "path": f"{i}.png"} if isinstance(cell, bytes) else cell
        for i, cell in enumerate(image)
    ]
    table = pa.table({"image": pa.array(cells, STRUCT), "label": LABELS, **others})
    if names is not None:
        features = {"label": {"names": names, "_type": "ClassLabel"}, "image": {"_type": "Image"}}
        content_ = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": content_})
    pq.write_table(table, path / "t.parquet", row_group_size=10)
    return path / "t.parquet"


def test_pictures_and_the_names_of_their_classes_are_read(tmp_path: Path) -> None:
    raw = read(save(tmp_path, FILES, NAMES), "multiclass", target="label")
    assert np.asarray(raw.inputs).dtype == np.uint8
    np.testing.assert_array_equal(raw.inputs, [pixels(i) for i in range(N)])
    assert raw.classes == ["ant", "cat", "dog"]
    assert raw.target.tolist() == [2 - i for i in LABELS]


def test_without_names_classes_are_numbers(tmp_path: Path) -> None:
    for names in (None, "abc", ["a", "a", "b"], [1, 2, 3]):
        raw = read(save(tmp_path, FILES, names), "multiclass", target="label")
        assert raw.classes == [0, 1, 2]
        assert raw.target.tolist() == LABELS


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_a_plain_column_of_bytes_is_read(tmp_path: Path, kind: pa.DataType) -> None:
    table = pa.table({"y": LABELS, "picture": pa.array(FILES, kind), "id": list(range(N))})
    pq.write_table(table, tmp_path / "t.parquet")
    raw = read(tmp_path / "t.parquet", "multiclass", drop=["id"], image={"color": "grayscale"})
    assert np.shape(raw.inputs) == (N, 6, 5, 1)


def test_a_column_of_other_bytes_is_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"y": LABELS, "hash": [b"1234"] * N}), path)
    message = refusal(path, "multiclass")
    assert all(word in message for word in ("'hash'", "binary", "data.drop"))
    assert "row 0" in refusal(path, "multiclass", image={})
    pq.write_table(pa.table({"y": LABELS, "a": [b"1234", *FILES[1:]]}), path)
    assert "row 0" in refusal(path, "multiclass")


def test_other_inputs_beside_pictures_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path, FILES, age=list(range(N)))
    message = refusal(path, "multiclass", target="label")
    assert all(word in message for word in ("'image'", "age", "data.features: [image]"))
    raw = read(path, "multiclass", target="label", features=["image"])
    assert np.shape(raw.inputs) == (N, 6, 5, 3)
    assert "'y'" in refusal(path, "multiclass")
    message = refusal(path, "multiclass", target="label", features=["age"], image={})
    assert "data.image" in message


def test_a_column_may_decide_the_parts(tmp_path: Path) -> None:
    part = ["train"] * 15 + ["val"] * 6 + ["test"] * 9
    path = save(tmp_path, FILES, part=part)
    raw, divided = divide(path, "multiclass", data={"target": "label"}, column="part")
    assert [len(rows) for rows in divided.parts] == [15, 6, 9]
    assert np.shape(raw.inputs)[0] == N


def test_a_broken_picture_is_named_by_row_and_path(tmp_path: Path) -> None:
    files: list[Any] = [*FILES]
    for cell, word in ((b"text", "not a PNG"), (b"", "empty"), (content(pixels(9, 9)), "9 x 5")):
        files[13] = cell
        message = refusal(save(tmp_path, files), "multiclass", target="label")
        assert all(w in message for w in ("t.parquet", "'image'", "row 13", "'13.png'", word))
    files[13] = {"bytes": None, "path": "x/13.png"}
    message = refusal(save(tmp_path, files), "multiclass", target="label", missing="drop")
    assert all(word in message for word in ("row 13", "x/13.png", "no bytes"))


def test_rows_without_a_picture_or_label_are_refused_or_left_out(tmp_path: Path) -> None:
    files: list[Any] = [*FILES]
    files[13], files[14] = None, {"bytes": None, "path": None}
    path = save(tmp_path, files, NAMES)
    message = refusal(path, "multiclass", target="label")
    assert all(word in message for word in ("row 13", "data.missing: drop"))
    raw = read(path, "multiclass", target="label", missing="drop")
    assert raw.left_out == 2
    kept = [i for i in range(N) if i not in (13, 14)]
    np.testing.assert_array_equal(raw.inputs, [pixels(i) for i in kept])
    assert raw.target.tolist() == [2 - LABELS[i] for i in kept]
    table = pq.read_table(save(tmp_path, FILES, NAMES))
    labels = [-1 if i == 3 else label for i, label in enumerate(LABELS)]  # Hugging Face's "none"
    pq.write_table(table.set_column(1, "label", pa.array(labels)), path)
    assert "missing cells in 'label'" in refusal(path, "multiclass", target="label")
    assert read(path, "multiclass", target="label", missing="drop").left_out == 1


def test_a_class_without_a_name_or_with_few_rows_is_refused(tmp_path: Path) -> None:
    message = refusal(save(tmp_path, FILES, NAMES[:2]), "multiclass", target="label")
    assert all(word in message for word in ("row 2", "class 2", "dog, cat"))
    table = pq.read_table(save(tmp_path, [b"broken"] * N))
    labels = [9 if i == 3 else label for i, label in enumerate(LABELS)]
    pq.write_table(table.set_column(1, "label", pa.array(labels)), tmp_path / "t.parquet")
    message = refusal(tmp_path / "t.parquet", "multiclass", target="label")
    assert "'9' has 1 row" in message  # before any picture is decoded


def test_a_table_without_rows_or_pictures_is_refused(tmp_path: Path) -> None:
    path = save(tmp_path, FILES)
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    assert "no rows" in refusal(path, "multiclass", target="label")
    path = save(tmp_path, [None] * N)
    message = refusal(path, "multiclass", target="label", missing="drop")
    assert "no picture in any row" in message


def test_few_pictures_wait_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Content is asked for no faster than it is decoded."""
    asked: list[int] = []
    waiting: list[int] = []
    decode = image_files.decode

    def slow(where: str, source: Any, how: Pictures) -> Any:
        time.sleep(0.003)
        waiting.append(len(asked) - len(waiting))
        return decode(where, source, how)

    def sources() -> Any:
        for i in range(60):
            asked.append(i)
            yield str(i), FILES[i % N]

    monkeypatch.setattr(image_files, "decode", slow)
    rows, _ = image_rows.gather("t", sources(), 60, Pictures())
    np.testing.assert_array_equal(rows, [pixels(i % N) for i in range(60)])
    assert max(waiting) <= image_rows.AHEAD + image_rows.THREADS
