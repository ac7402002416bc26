"""The curve of size against error: which points it has, and their training."""
