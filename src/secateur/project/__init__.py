"""A project of one's own: parameters that fit the data, the pipeline's files, and limits."""
