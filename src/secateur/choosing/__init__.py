"""What may choose among models and files, and what it chooses: validation rows, no test rows."""
