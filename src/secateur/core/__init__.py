"""Errors, atomic files, strict parameters, seeds and tasks.

What every floor uses, without TensorFlow.
"""
