"""A user's own data: read, checked, and encoded with what the training rows teach."""
