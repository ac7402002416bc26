"""The names that people give to the parts of a split."""

PARTS = ("train", "validation", "test")  # a part's number is its position
WORDS = {
    **dict.fromkeys(("train", "training"), 0),
    **dict.fromkeys(("validation", "val", "valid", "dev"), 1),
    **dict.fromkeys(("test", "testing"), 2),
}
ALLOWED = "train (or training), validation (or val, valid, dev) and test (or testing)"
