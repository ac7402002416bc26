"""Train a model for several seeds: compiled epochs, optimizer, repeatable dropout, logs."""
