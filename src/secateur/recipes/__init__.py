"""What a user may write in a recipe.

Its start, scope, schedule, training and clustering; no TensorFlow.
"""
