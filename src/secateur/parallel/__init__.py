"""`secateur repro` and `secateur sweep`: the stages of any DVC project side by side.

Workers only warm DVC's run cache; a plain `dvc repro` has the last word. Knows nothing of pruning.
"""
