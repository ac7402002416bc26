"""What may end a run, said in one line."""


class RunError(Exception):
    """Why it cannot go on: names what was given and what is needed."""
