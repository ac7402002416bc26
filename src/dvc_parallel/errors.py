"""The one error that ends a run."""


class RunError(Exception):
    """A run cannot begin or go on; the message names what was given and what is needed."""


def one_line(error: BaseException) -> str:
    """Another library's message, without its line breaks and not longer than a few lines."""
    return " ".join(str(error).split())[:300]
