"""From a network to a file that ships: compaction, TFLite, minified files."""
