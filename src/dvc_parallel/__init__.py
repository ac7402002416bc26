"""Stages of any DVC project side by side.

Workers run stages to fill DVC's run cache. A plain `dvc repro` then compares every hash, takes the
results from there and runs what remains.
"""
