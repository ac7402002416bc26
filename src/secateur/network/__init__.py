"""The network and its diagram.

It comes from the layers in `params.yaml`, a user's function or a user's trained file.
"""
