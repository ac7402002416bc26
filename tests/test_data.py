"""A user's own file is read safely, and what is wrong with it is said in words that help."""

import http.server
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from secateur.core import params
from secateur.core.errors import InputError
from secateur.data import reading
from secateur.data.reading import Data

ROWS = 40
COLORS = ["red", "green", "blue", "red"]
LINES = [f"{i},{i / 8},{COLORS[i % 4]},{i % 3}" for i in range(ROWS)]
GOOD = "\n".join(["a,b,color,y", *LINES]) + "\n"
Y = np.arange(ROWS) % 3


def read(path: Path | str, task: Any = "regression", **data: Any) -> reading.Raw:
    settings = params.validate(Data, {"source": str(path), **data}, "params.yaml: data")
    return reading.read(settings, task)


def refusal(*args: Any, **data: Any) -> str:
    with pytest.raises(InputError) as refused:
        read(*args, **data)
    return str(refused.value)


def changed(line: int, text: str) -> str:
    """The good file with another line; the first is 1."""
    lines = GOOD.splitlines()
    lines[line - 1] = text
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", ["t.csv", "T.CSV", "t.Parquet"])
def test_reads_numbers_and_categories(tmp_path: Path, name: str) -> None:
    frame = pd.read_csv(io.StringIO(GOOD))
    if name.endswith("Parquet"):
        frame.astype({"color": "category"}).set_index(np.arange(ROWS) * 2).to_parquet(
            tmp_path / name
        )
    else:
        (tmp_path / name).write_text(GOOD)
    raw = read(tmp_path / name, drop=["b"])
    assert isinstance(raw.inputs, dict)
    assert list(raw.inputs) == ["a", "color"]
    np.testing.assert_array_equal(raw.inputs["a"].values, np.arange(ROWS))
    assert raw.inputs["color"].levels == ["blue", "green", "red"]
    assert raw.inputs["color"].values.tolist() == [2, 1, 0, 2] * 10
    np.testing.assert_array_equal(raw.target, Y)
    assert raw.classes is None
    assert raw.left_out == 0


def test_reads_what_spreadsheets_write(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    text = 'größe;"a;b";y\r\n' + "".join(f'{i},5;"x\r\ny";{i}\r\n' for i in range(9))
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    raw = read(path, separator=";", decimal=",")
    assert isinstance(raw.inputs, dict)
    assert raw.inputs["größe"].values[:2].tolist() == [0.5, 1.5]
    assert raw.inputs["a;b"].levels == ["x\r\ny"]


@pytest.mark.parametrize(
    ("text", "data", "words"),
    [
        ("", {}, ["empty"]),
        ("\n\n", {}, ["empty"]),
        ("a,y\n", {}, ["no row"]),
        ("a;b;y\n1,5;2;3\n", {}, ["'a;b;y'", "one column", 'data.separator: ";"']),
        ("a\ty\n1\t2\n", {}, ['data.separator: "\\t"']),
        (changed(17, "1,2,red"), {}, ["line 17", "3 cells", "4 columns"]),
        (changed(3, "1,2,red,4,5"), {}, ["line 3", "5 cells", "4 columns"]),
        (GOOD.replace("b,", "a,", 1), {}, ["two columns are named 'a'"]),
        (GOOD.replace("a,", ",", 1), {}, ["column 1 has no name", "data.drop"]),
        (GOOD, {"target": "Y"}, ["data.target: 'Y'", "no such column", "a, b, color, y"]),
        (GOOD, {"features": ["colour"]}, ["data.features", "'colour'", "did you mean 'color'"]),
        (GOOD, {"drop": ["z"]}, ["data.drop: 'z'", "there are: a, b"]),
        (GOOD, {"categorical": ["z"]}, ["data.categorical: 'z'"]),
        (GOOD, {"drop": ["a", "b", "color"]}, ["no column is left"]),
        (changed(17, "1,?,red,1"), {}, ["'b'", "line 17 holds '?'", "39 of 40", "missing_values"]),
        (GOOD.replace(".", "!"), {"features": ["a"]}, []),
        (changed(17, "1,inf,red,1"), {}, ["'b', line 17", "inf", "finite in float32"]),
        (changed(17, "1,-1e39,red,1"), {}, ["'b', line 17", "-1e+39", "finite in float32"]),
        (changed(17, "1,2,red,inf"), {}, ["target 'y', line 17", "inf"]),
        (changed(17, "1,,red,1"), {}, ["'b' (1, first line 17)", "data.missing: drop", "impute"]),
        (changed(17, "1,2,NA,"), {}, ["'color' (1, first line 17), 'y' (1, first line 17)"]),
        (GOOD.replace("red", "2020-01-01 10:00"), {}, ["'color'", "text"]),
    ],
)  # fmt: skip
def test_refuses_a_csv(tmp_path: Path, text: str, data: dict[str, Any], words: list[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    if not words or words[-1] == "text":  # not wrong at all
        read(path, **data)
        return
    message = refusal(path, **data)
    assert all(word in message for word in [str(path), *words]), message
    assert "\n" not in message


def column(*cells: Any, **others: Any) -> pd.DataFrame:
    """A table of ROWS rows whose column `c` repeats the cells."""
    table = {"c": [cells[i % len(cells)] for i in range(ROWS)], "y": np.arange(ROWS)}
    return pd.DataFrame({**table, **others})


@pytest.mark.parametrize(
    ("table", "task", "data", "words"),
    [
        (column(pd.Timestamp("2020-01-01")), "regression", {}, ["'c'", "timestamp", "data.drop"]),
        (column([1, 2]), "regression", {}, ["'c'", "list", "data.drop"]),
        (column(b"1"), "regression", {}, ["'c'", "binary", "data.drop"]),
        (column(None, np.nan), "regression", {"missing": "impute"}, ["every cell", "data.drop"]),
        (column("1", "2"), "regression", {}, ["every cell is a number", "data.categorical"]),
        (column(*"1234567890?"), "regression", {}, ["row 10 (counted from 0)", "make it empty"]),
        (column(*map(str, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN")), "regression", {},
         ["40 different values in 40 rows", "identifier", "data.drop"]),
        (column(*range(ROWS)), "regression", {"categorical": ["c"]}, ["identifier"]),
        (column(1, y=1.5), "regression", {}, ["target 'y'", "every row has 1.5"]),
        (column(1, y="a"), "regression", {}, ["target 'y'", "text", "task: binary"]),
        (column(1, y=np.nan), "regression", {"missing": "drop"}, ["'y'", "every cell is missing"]),
        (column(1, y=np.arange(ROWS) / 8), "multiclass", {},
         ["0.125", "looks like regression", "task: regression"]),
        (column(1, y=True), "binary", {}, ["every row is of class", "at least 2"]),
        (column(1, y=Y), "binary", {}, ["3 classes ('0', '1', '2')", "exactly 2", "multiclass"]),
        (column(1, y=np.arange(ROWS) // 2), "multiclass", {},
         ["class '0' has 2 rows", "at least 3"]),
        (column(1, None, y=[1, np.nan] * 20), "regression", {"missing": "drop"},
         ["every row has 1"]),
        (column(1, None, d=[None, 1] * 20), "regression", {"missing": "drop"},
         ["every row has a missing cell", "impute"]),
        (column(1).assign(y=range(ROWS)).iloc[:0], "regression", {}, ["no row"]),
    ],
)  # fmt: skip
def test_refuses_a_table(
    tmp_path: Path, table: pd.DataFrame, task: str, data: dict[str, Any], words: list[str]
) -> None:
    path = tmp_path / "t.parquet"
    table.to_parquet(path)
    message = refusal(path, task, **data)
    assert all(word in message for word in [str(path), *words]), message


def test_refuses_too_many_levels_and_classes(tmp_path: Path) -> None:
    many = np.repeat([f"w{i}" for i in range(1001)], 3)
    pd.DataFrame({"c": many, "y": np.arange(3003)}).to_parquet(tmp_path / "t.parquet")
    assert "1,001 different values" in refusal(tmp_path / "t.parquet")
    pd.DataFrame({"x": np.arange(3003.0), "y": many}).to_parquet(tmp_path / "t.parquet")
    assert "1,001 classes" in refusal(tmp_path / "t.parquet", "multiclass")


def test_numbers_with_a_comma_say_so(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a;y\n" + "1,5;2\n" * 9)
    message = refusal(tmp_path / "t.csv", separator=";")
    assert "'1,5'" in message
    assert "data.decimal: ','" in message


@pytest.mark.parametrize(
    ("values", "classes", "index"),
    [
        (["no", "yes"], ["no", "yes"], [0, 1]),
        ([True, False], [False, True], [1, 0]),
        ([2, 10], [2, 10], [0, 1]),
        ([-1.0, 7.0], [-1, 7], [0, 1]),
        (pd.Categorical(["z", "b"], categories=["z", "q", "b"]), ["b", "z"], [1, 0]),
        ([2**60, 2**60 + 1], [2**60, 2**60 + 1], [0, 1]),
    ],
)
def test_classes_are_sorted_and_keep_their_type(
    tmp_path: Path, values: Any, classes: list[Any], index: list[int]
) -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0] * 5, "y": [*values] * 5})
    if isinstance(values, pd.Categorical):
        frame["y"] = frame["y"].astype(values.dtype)
    frame.to_parquet(tmp_path / "t.parquet")
    raw = read(tmp_path / "t.parquet", "binary")
    assert raw.classes == classes
    assert [type(c) for c in raw.classes] == [type(c) for c in classes]
    assert raw.target[:2].tolist() == index


def test_rows_with_missing_cells_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n" + "1,x,0\n2,z,1\n" * 9 + "?,x,2\n3,,3\n4,x,NA\n")
    raw = read(path, missing="drop", missing_values=["?"])
    assert (raw.left_out, len(raw.target)) == (3, 18)
    raw = read(path, missing="impute", missing_values=["?"])
    assert (raw.left_out, len(raw.target)) == (1, 20)
    assert isinstance(raw.inputs, dict)
    assert [c.missing.sum() for c in raw.inputs.values()] == [1, 1]


def test_a_class_that_only_left_out_rows_had_is_none(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + "1,u\n2,w\n" * 9 + ",v\n")
    assert read(path, "binary", missing="drop").classes == ["u", "w"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"source": "s3://bucket/t.csv"}, ["s3://", "http or https", "dvc import-url"]),
        ({"source": "file:///etc/passwd"}, ["file:///", "dvc import-url"]),
        ({"source": ""}, ["data.source"]),
        ({"separator": ",,"}, ["data.separator"]),
        ({"separator": '"'}, ["separator", "no quote"]),
        ({"separator": "é"}, ["separator", "ASCII"]),
        ({"decimal": ","}, ["separator: ','", "decimal ','"]),
        ({"drop": ["y"]}, ["drop: 'y'", "data.target"]),
        ({"features": ["x", "y"]}, ["features: 'y'", "data.target"]),
        ({"features": []}, ["data.features", "at least 1"]),
        ({"features": ["x", "x"]}, ["repeated"]),
        ({"features": ["x"], "drop": ["x"]}, ["drop: 'x'", "features"]),
        ({"missing": "fill"}, ["data.missing", "'refuse', 'drop' or 'impute'"]),
        ({"standardise": True}, ["did you mean 'standardize'"]),
        ({"missing_values": [-999]}, ["missing_values.0", "-999", "string"]),
    ],
)
def test_refuses_parameters(data: dict[str, Any], words: list[str]) -> None:
    message = refusal(**{"path": "t.csv", **({"path": data.pop("source")} if "source" in data else {}), **data})  # fmt: skip  # noqa: E501
    assert all(word in message for word in ["params.yaml: data", *words]), message


@pytest.mark.parametrize("content", [b"a,y\n1,2\n3,\xff\n", b"\xff\xfea\x00,\x00y\x00\n\x00"])
def test_refuses_what_is_not_utf8(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    line = 3 if content.startswith(b"a") else 1
    assert f"t.csv, line {line}: not UTF-8" in refusal(tmp_path / "t.csv")


def test_says_which_line_is_not_utf8_in_a_long_file(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"a,y\n" + b"1,2\n" * (1 << 22) + b"3,\xc3\n")
    assert f"line {(1 << 22) + 2}: not UTF-8" in refusal(tmp_path / "t.csv")


def test_refuses_files_that_are_none(tmp_path: Path) -> None:
    assert "not found" in refusal(tmp_path / "t.csv")
    assert "not found" in refusal("a\0b.csv")
    assert "without .npz files" in refusal(tmp_path)
    for name in ("t.csv", "t.parquet", "t.npz"):
        (tmp_path / name).touch()
        assert "empty" in refusal(tmp_path / name)
    (tmp_path / "t.xlsx").write_bytes(b"PK")
    assert "must end in .csv, .parquet or .npz" in refusal(tmp_path / "t.xlsx")
    for name in ("t.parquet", "t.npz"):
        (tmp_path / name).write_bytes(b"PAR1 no")
        assert "damaged" in refusal(tmp_path / name)
    twice = pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(twice, tmp_path / "t.parquet")
    assert "two columns are named 'a'" in refusal(tmp_path / "t.parquet")


X = np.arange(ROWS * 12, dtype=np.uint8).reshape(ROWS, 2, 3, 2)


def test_reads_arrays_of_a_file_and_of_a_folder(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "b.NPZ", x=X[20:], label=Y[20:, None])
    np.savez(tmp_path / "a.npz", x=X[:20], label=Y[:20, None], more=[1])
    (tmp_path / "README").touch()
    raw = read(tmp_path, "multiclass", target="label")
    np.testing.assert_array_equal(raw.inputs, X)
    np.testing.assert_array_equal(raw.target, Y)
    assert raw.classes == [0, 1, 2]
    assert len(read(tmp_path / "a.npz", "multiclass", target="label").target) == 20


@pytest.mark.parametrize(
    ("arrays", "data", "words"),
    [
        ({"y": Y}, {}, ["no array 'x'", "found: y"]),
        ({"x": X, "z": Y}, {}, ["no array 'y'", "found: x, z", "data.target"]),
        ({"x": X, "y": Y[:-1]}, {}, ["x has 40 rows, y 39"]),
        ({"x": Y, "y": Y}, {}, ["x has shape [40]"]),
        ({"x": X[:, :0], "y": Y}, {}, ["x has shape [40, 0, 3, 2]"]),
        ({"x": X, "y": X}, {}, ["y has shape [40, 2, 3, 2]"]),
        ({"x": X.astype(str), "y": Y}, {}, ["x is <U", "numbers"]),
        ({"x": X * 1j, "y": Y}, {}, ["x is complex", "numbers"]),
        ({"x": X.astype(object), "y": Y}, {}, ["x: holds Python objects", "run code"]),
        ({"x": X, "y": Y.astype(object)}, {}, ["y: holds Python objects"]),
        ({"x": X, "y": Y.astype("S")}, {}, ["y is |S", "text"]),
        ({"x": np.where(X == 7, np.inf, X), "y": Y}, {}, ["x, row 0", "inf"]),
        ({"x": np.where(X == 255, np.nan, X), "y": Y}, {},
         ["'x' (1, first row 21", "data.missing"]),
        ({"x": np.where(X == 255, np.nan, X), "y": Y}, {"missing": "impute"},
         ["1 rows hold NaN", "row 21", "drop"]),
        ({"x": X, "y": Y}, {"drop": ["a"]}, ["data.drop", "no columns"]),
    ],
)  # fmt: skip
def test_refuses_arrays(
    tmp_path: Path, arrays: dict[str, Any], data: dict[str, Any], words: list[str]
) -> None:
    path = tmp_path / "t.npz"
    np.savez(path, allow_pickle=True, **arrays)
    message = refusal(path, "multiclass", **data)
    assert all(word in message for word in [str(path), *words]), message


def test_refuses_files_of_a_folder_that_do_not_fit(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    np.savez(tmp_path / "b.npz", x=X[:, :1], y=Y)
    message = refusal(tmp_path, "multiclass")
    assert "b.npz: x has rows of shape [1, 3, 2]" in message
    assert "a.npz [2, 3, 2]" in message
    np.savez(tmp_path / "b.npz", x=X, y=Y.astype(str))
    assert "b.npz: y is <U" in refusal(tmp_path, "multiclass")


def test_rows_with_nan_are_left_out_of_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "t.npz", x=np.where(X == 255, np.nan, X), y=Y)
    raw = read(tmp_path / "t.npz", "multiclass", missing="drop")
    assert (raw.left_out, len(raw.inputs)) == (1, ROWS - 1)


def test_an_array_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000, 2)}"
    body = b"\x93NUMPY\x01\x00" + (len(header) + 1).to_bytes(2, "little") + header + b"\n"
    with zipfile.ZipFile(tmp_path / "t.npz", "w") as file:
        file.writestr("x.npy", body)
    assert "damaged or no .npz file" in refusal(tmp_path / "t.npz")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if "missing" in self.path:
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        content = io.BytesIO()
        np.savez(content, x=X, y=Y)
        self.wfile.write(content.getvalue() if ".npz" in self.path else GOOD.encode())

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_fetches_an_address(address: str) -> None:
    assert len(read(f"{address}/t.csv?raw=1", target="a").target) == ROWS
    assert len(read(f"{address}/t.npz", "multiclass").inputs) == ROWS
    assert "404" in refusal(f"{address}/missing.csv")
    assert "must end in" in refusal(f"{address}/t")


def test_an_address_that_does_not_answer_is_one_line() -> None:
    message = refusal("http://127.0.0.1:1/t.csv")
    assert "http://127.0.0.1:1/t.csv: cannot be fetched" in message
    assert "cannot be fetched" in refusal("http://[/t.csv")
