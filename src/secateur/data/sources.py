"""Sources of a user's data: a file, a folder of .npz files, or an address."""

import http.client
import io
import os
import urllib.error
import urllib.request
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from secateur.core.errors import InputError, one_line

TIMEOUT = 60  # seconds without a response


def is_url(source: str) -> bool:
    """Whether a source is an address, not a path."""
    return source.lower().startswith(("http://", "https://"))


def fetch(url: str) -> io.BytesIO:
    """Read a file by http or https; raises InputError if that fails."""
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "secateur"})
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            content = response.read()
    except (OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # the error is the response, too
        raise InputError(
            f"{url}: cannot be fetched: {one_line(error)}; try again, or save the file and give "
            "its path"
        ) from None
    if not content:
        raise InputError(f"{url}: empty")
    return io.BytesIO(content)


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
            raise InputError(f"{source}: a folder without .npz files")
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
