"""Whether a worker's environment is the one that started the run.

Dask sends this module to workers by value, so it may use the standard library alone.
"""

INSTALLERS = {"pip", "setuptools", "uv", "wheel"}  # they install packages and make no results
SHOWN = 12  # differences


def versions() -> dict[str, str]:
    """Of Python, the machine, and each installed distribution."""
    import platform
    from importlib.metadata import distributions

    found: dict[str, str] = {}
    for distribution in distributions():
        name = distribution.metadata["Name"]
        if name:
            found.setdefault(name.lower().replace("_", "-"), distribution.version)
    return {**found, "Python": platform.python_version(), "machine": platform.machine()}


def compare(expected: dict[str, str], found: dict[str, str]) -> str:
    """Name what both have in different versions, and DVC where it is missing; empty if nothing.

    What only one of the two has is a tool, most often, and is not compared.
    """
    both = (set(expected) & set(found) - INSTALLERS) | {"dvc"}
    different = sorted(name for name in both if expected.get(name) != found.get(name))
    lines = [f"{n} {found.get(n, 'missing')}, here {expected.get(n)}" for n in different]
    return "; ".join(lines[:SHOWN]) + ("; …" if len(lines) > SHOWN else "")
