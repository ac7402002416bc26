"""The network.

From the layers in `params.yaml`, a user's function or a user's trained file; and its diagram.
"""
