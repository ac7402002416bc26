"""What `secateur export` copies into a folder, to run there without Secateur."""
