"""Refuse what cannot work, or would lose a user's file, before any other stage runs."""

from pathlib import Path

from dvc_verify import unknown_files
from secateur.artifacts import DEVICES, SEARCHES
from secateur.checks import own_files
from secateur.checks.params_file import check_params
from secateur.core import errors, files
from secateur.core.params import PARAMS_FILE
from secateur.devices import measured
from secateur.search import record


def main() -> None:
    """Check the whole file. The output never changes, so no other stage reruns because of it."""
    check_params(PARAMS_FILE)
    measured.of_folder(DEVICES)  # a device's file that is wrong would end the last stage
    record.of_folder(SEARCHES)  # and so would a search's
    own_files.refuse(unknown_files.find(files.written()))
    files.write_text(Path("models/params.ok"), "ok\n")


if __name__ == "__main__":
    errors.run(main)
