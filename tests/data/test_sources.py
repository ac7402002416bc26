"""A source is a file, a folder of arrays, or an address; what is none is named."""

import gzip
import http.server
import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from secateur.data import sources
from user_data import GOOD, ROWS, X, Y, read, refusal


def test_refuses_what_is_not_there_or_empty(tmp_path: Path) -> None:
    assert "not found" in refusal(tmp_path / "t.csv")
    assert "not found" in refusal("a\0b.csv")
    assert ".npz" in refusal(tmp_path)
    for name in ("t.csv", "t.parquet", "t.npz"):
        (tmp_path / name).touch()
        assert "empty" in refusal(tmp_path / name)


def test_refuses_damaged_files_and_other_formats(tmp_path: Path) -> None:
    (tmp_path / "t.xlsx").write_bytes(b"PK")
    message = refusal(tmp_path / "t.xlsx")
    assert all(kind in message for kind in (".csv", ".parquet", ".npz"))
    for name in ("t.parquet", "t.npz"):
        (tmp_path / name).write_bytes(b"PAR1 no")
        assert "damaged" in refusal(tmp_path / name)


def test_refuses_a_parquet_file_without_rows(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1.0], "y": [1.0]}).slice(1), tmp_path / "t.parquet")
    assert "t.parquet: " in refusal(tmp_path / "t.parquet")


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if "missing" in self.path:
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        if "nothing" in self.path:
            return
        content = io.BytesIO()
        np.savez(content, x=X, y=Y)
        text = gzip.compress(GOOD.encode()) if ".gz" in self.path else GOOD.encode()
        self.wfile.write(content.getvalue() if ".npz" in self.path else text)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_fetches_an_address(address: str) -> None:
    assert len(read(f"{address}/t.csv?raw=1", target="a").target) == ROWS
    assert len(read(f"{address}/t.csv.gz?a=b.c", target="a").target) == ROWS
    assert len(read(f"{address}/t.npz", "multiclass").inputs) == ROWS


def test_an_address_that_gives_no_table_is_refused(address: str) -> None:
    assert "404" in refusal(f"{address}/missing.csv")
    assert ".parquet" in refusal(f"{address}/t")
    assert f"{address}/nothing.csv: empty" in refusal(f"{address}/nothing.csv")


def test_an_address_that_does_not_answer_is_one_line() -> None:
    message = refusal("http://127.0.0.1:1/t.csv")
    assert "http://127.0.0.1:1/t.csv: " in message
    assert "\n" not in message
    assert "http://[/t.csv: " in refusal("http://[/t.csv")


def same(path: Path, **data: Any) -> None:
    """It holds the good CSV."""
    raw = read(path, "multiclass", **data)
    assert isinstance(raw.inputs, dict)
    assert [*raw.inputs] == ["a", "b", "color"]
    assert raw.inputs["b"].values.tolist() == [i / 8 for i in range(ROWS)]
    assert raw.target.tolist() == Y.tolist()


@pytest.mark.parametrize("name", ["t.tsv", "t.csv.gz", "t.TSV.gz", "my.data.csv.GZ"])
def test_tabs_and_packed_tables_are_read_as_they_are(tmp_path: Path, name: str) -> None:
    text = GOOD.replace(",", "\t") if "tsv" in name.lower() else GOOD
    packed = name.lower().endswith(".gz")
    (tmp_path / name).write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    same(tmp_path / name)


def test_a_separator_that_is_given_holds_for_a_tsv(tmp_path: Path) -> None:
    (tmp_path / "t.tsv").write_text(GOOD)
    same(tmp_path / "t.tsv", separator=",")
    message = refusal(tmp_path / "t.tsv")
    assert 'data.separator: ","' in message


def test_a_gzip_file_of_several_members_is_whole(tmp_path: Path) -> None:
    lines = GOOD.splitlines(keepends=True)
    halves = [gzip.compress("".join(part).encode()) for part in (lines[:20], lines[20:])]
    (tmp_path / "t.csv.gz").write_bytes(b"".join(halves))
    same(tmp_path / "t.csv.gz")


def test_a_line_of_a_packed_table_is_named(tmp_path: Path) -> None:
    text = GOOD.replace("\n8,", "\n8,9,")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert "t.csv.gz, line 7: 5 cells" in refusal(tmp_path / "t.csv.gz")


@pytest.mark.parametrize("damage", ["no gzip", "cut", "flipped", "tail", "empty", "nothing"])
def test_a_damaged_gzip_file_is_refused(tmp_path: Path, damage: str) -> None:
    whole = bytearray(gzip.compress(GOOD.encode()))
    whole[30] ^= 255 * (damage == "flipped")
    content = {
        "no gzip": GOOD.encode(), "cut": whole[:-20], "flipped": whole, "tail": whole + b"more",
        "empty": gzip.compress(b""), "nothing": b"",
    }[damage]  # fmt: skip
    (tmp_path / "t.csv.gz").write_bytes(content)
    message = refusal(tmp_path / "t.csv.gz")
    assert "t.csv.gz: " in message
    assert ("empty" if damage in ("empty", "nothing") else "gzip") in message
    assert "\n" not in message


def test_a_few_bytes_that_stand_for_many_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before they are unpacked: no more than a block of them is in memory at once."""
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"1" * (64 << 20)))
    counted: list[int] = []

    def check(what: str, size: int) -> None:
        counted.append(size)
        if size > 8 << 20:
            raise ValueError(f"{what} takes {size} bytes")

    monkeypatch.setattr(sources, "check_memory", check)
    monkeypatch.setattr(gzip, "decompress", lambda packed: pytest.fail("unpacked"))
    assert "takes" in refusal(tmp_path / "t.csv.gz")
    assert max(counted) <= (8 << 20) + sources.BLOCK
