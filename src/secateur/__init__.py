"""Prunes Keras models as a DVC pipeline, and says what pruning cost and saved."""
