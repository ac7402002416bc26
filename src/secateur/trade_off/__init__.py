"""The curve of size against error: its points and how each is trained."""
