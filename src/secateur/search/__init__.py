"""The search for recipes: what a trial is, which one is next, and which is the best of them."""
