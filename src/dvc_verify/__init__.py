"""Checks of any DVC project: `verify` reproduces its results, `gate` compares its metrics."""
