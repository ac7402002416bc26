"""The command `secateur`; nothing imports it."""
