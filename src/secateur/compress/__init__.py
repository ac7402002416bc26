"""What is done to a network: pruning with masks, weight clustering; one module each."""
