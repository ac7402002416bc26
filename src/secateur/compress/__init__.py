"""Compress a network: prune it with masks, cluster its weights, remove its channels."""
