"""Where another library's own words are kept, so that a message can be one sentence of ours."""

import os
import sys
import traceback
from pathlib import Path

from secateur.core import under_way

LOGS = Path("logs")  # not in Git; TensorBoard's too


def keep(error: BaseException, *, of: str = "") -> str:
    """Write an error with its traceback to a file; return words that name it, for a message.

    The file is named after the running script and replaced by the next error; `of` says in it
    what was tried. The result is empty if the file cannot be written.
    """
    path = LOGS / f"{Path(sys.argv[0]).stem or 'python'}.txt"
    # A worker's clone, with its logs, goes when the run ends.
    place = Path(os.environ.get(under_way.PROJECT, "")) / path
    try:
        place.parent.mkdir(exist_ok=True)
        place.write_text(f"{of}\n{''.join(traceback.format_exception(error))}", encoding="utf-8")
    except OSError:
        return ""
    return f" ({path} has the whole error)"
