"""The one place that imports TensorFlow, pinned.

Keras files, saved without optimizer and checked before they are loaded.
"""
