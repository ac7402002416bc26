"""From a user's source to rows.

Files, columns, targets, splits, and the encoding that training rows teach.
"""
