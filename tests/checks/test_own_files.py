"""A run that would lose a user's file is refused with its name."""

import pytest

from secateur.checks import own_files
from secateur.core.errors import InputError


def test_names_the_files_and_counts_the_others() -> None:
    own_files.refuse([])
    with pytest.raises(InputError, match=r"models/a\.h5, data/b: .*move it"):
        own_files.refuse(["models/a.h5", "data/b"])
    with pytest.raises(InputError, match=r"9 and 3 more"):
        own_files.refuse([str(n) for n in range(13)])
