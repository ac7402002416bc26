"""A user's source becomes rows.

Files, columns, targets, splits, and the encoding learned from training rows.
"""
