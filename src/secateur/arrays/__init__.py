"""Files that stages pass on: rows of inputs and targets, and their shape."""
