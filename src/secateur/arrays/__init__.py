"""What stages pass to each other: rows of inputs and targets on disk, and their shape."""
