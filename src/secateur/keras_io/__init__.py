"""TensorFlow with pinned settings, and Keras files.

Files are saved without the optimizer and checked before they are loaded.
"""
