"""Measure how well models and files predict and how large each file is."""
