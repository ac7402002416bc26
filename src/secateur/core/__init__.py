"""Errors, atomic files, strict parameters, seeds and tasks, for all other packages.

It does not import TensorFlow.
"""
