"""Parameters of a recipe: start, scope, schedule, training, clustering; no TensorFlow."""
