"""A source is a file, a folder of arrays, or an address; what is none is named."""

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
        self.wfile.write(content.getvalue() if ".npz" in self.path else GOOD.encode())

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
