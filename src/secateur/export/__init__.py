"""Turn a network into a file to ship: TFLite, minified files."""
