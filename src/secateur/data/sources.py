"""Sources of a user's data: a file, a folder of .npz files, or an address."""

import functools
import gzip
import http.client
import io
import os
import re
import urllib.error
import urllib.request
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from secateur.core.errors import InputError, one_line

TIMEOUT = 60  # seconds without a response
BLOCK = 1 << 20  # bytes that are unpacked at once
TABLES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")  # text, perhaps packed by gzip


def is_url(source: str) -> bool:
    """Whether a source is an address, not a path."""
    return source.lower().startswith(("http://", "https://"))


def kind(source: str) -> str:
    """Return the end of a file's name, in small letters: `.parquet`, `.csv.gz`."""
    path = re.split("[?#]", source)[0] if is_url(source) else source
    *_, before, last = ["", "", *(suffix.lower() for suffix in Path(path).suffixes)]
    return before + last if last == ".gz" else last


def unknown(source: str) -> InputError:
    """Say that a source is of no kind that is read."""
    return InputError(
        f"data.source: {source!r}: must end in {', '.join(TABLES)}, .parquet or .npz, or be a "
        "folder of .npz files or of pictures; export the table as CSV"
    )


def separator(source: str) -> str:
    """Return what stands between two cells, by the end of a file's name."""
    return "\t" if kind(source).startswith(".tsv") else ","


def content(where: str, file: Path | io.BytesIO, packed: bool) -> bytes:
    """Read a whole file, and unpack it if it is packed by gzip.

    Raises:
        InputError: it is no gzip file, or damaged, empty, or too large for this machine's memory.
    """
    read = file.read_bytes() if isinstance(file, Path) else file.getvalue()
    if not packed:
        return read
    try:
        # Once to count: a few bytes may stand for more than fit into memory.
        size, unpacked = 0, gzip.GzipFile(fileobj=io.BytesIO(read))
        while block := unpacked.read(BLOCK):
            size += len(block)
            check_memory("the unpacked table, or its first part,", size)
        if not size:
            raise InputError(f"{where}: empty")
        return gzip.decompress(read)
    except InputError:
        raise
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InputError(f"{where}: damaged or not a gzip file: {one_line(error)}") from None


def fetch(url: str) -> io.BytesIO:
    """Read a file by http or https; raises InputError if that fails."""
    return io.BytesIO(_fetched(url))


@functools.lru_cache(maxsize=1)  # rows, and what is found in them, are of one answer
def _fetched(url: str) -> bytes:
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "secateur"})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            content: bytes = response.read()
    except (OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # the error is the response, too
        raise InputError(
            f"{url}: cannot be fetched: {one_line(error)}; try again, or save the file and give "
            "its path"
        ) from None
    if not content:
        raise InputError(f"{url}: empty")
    return content


def local(source: str) -> Path | dict[str, Path]:
    """Return the file, or a folder's .npz files by name; raises InputError without one."""
    path = Path(source)
    if "\0" in source or not path.exists():
        raise InputError(
            f"{source!r}: not found; data.source is a path from the repository's top folder"
        )
    if path.is_dir():
        files = {str(p): p for p in sorted(path.iterdir()) if p.suffix.lower() == ".npz"}
        if not files:
            raise InputError(
                f"{source}: a folder without .npz files; of tables, join the files and name the "
                "one; a column that split.column names may say which part a row is of"
            )
        return files
    if not path.stat().st_size:
        raise InputError(f"{source}: empty")
    return path


def parquet(where: str, file: Path | io.BytesIO) -> pa.Table:
    """Read a Parquet table; raises InputError if it is damaged or empty."""
    try:
        parquet_file = pq.ParquetFile(file)
        cells = parquet_file.metadata.num_rows * parquet_file.metadata.num_columns
        check_memory("the table", cells)  # at least a byte each; a few bytes may stand for many
        table = parquet_file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{where}: damaged or not a Parquet file: {one_line(error)}") from None
    if not table.num_rows:
        raise InputError(f"{where}: has no rows; must have at least 1")
    return table


def check_memory(what: str, size: int) -> None:
    """Raise ValueError if something of `size` bytes cannot fit into this machine's memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if size > memory:
        raise ValueError(
            f"{what} takes {size:,} bytes of memory, and this machine has {memory:,}; "
            "take fewer rows or columns"
        )


def beginning(where: str, file: Path | io.BytesIO, packed: bool, most: int) -> bytes:
    """Read at most so many bytes of a file, unpacked.

    Raises:
        InputError: it is no gzip file, or damaged there, or empty.
    """
    opened = file.open("rb") if isinstance(file, Path) else io.BytesIO(file.getvalue())
    try:
        with opened:
            read = gzip.GzipFile(fileobj=opened).read(most) if packed else opened.read(most)
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise InputError(f"{where}: damaged or not a gzip file: {one_line(error)}") from None
    if not read:
        raise InputError(f"{where}: empty")
    return read
