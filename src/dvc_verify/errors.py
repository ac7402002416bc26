"""The error that ends a check."""


class CheckError(Exception):
    """The check is not possible. The message names the file or value, and what is allowed."""


def one_line(error: Exception | str) -> str:
    """Another library's message on one line, cut after 300 characters."""
    return " ".join(str(error).split())[:300]
