"""Checks of parameters, recipes and a user's model, before any work starts."""
