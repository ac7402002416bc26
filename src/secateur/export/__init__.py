"""Turn a network into a file to ship: compaction, TFLite, minified files."""
