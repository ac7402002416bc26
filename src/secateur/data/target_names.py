"""Names that `data.target` gives a meaning of its own."""

INPUTS = "inputs"  # an autoencoder: the inputs themselves are predicted
