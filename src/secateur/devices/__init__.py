"""What a device pays to run a TFLite file: memory, flash and cycles by its own tools, and time."""
