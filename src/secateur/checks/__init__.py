"""Whether everything can work, before any work is done.

Parameters, recipes, a model of the user's own.
"""
