"""MLPerf Tiny's four networks, and what is done to each."""

from typing import Literal, NamedTuple

SEEDS = [0, 1, 2]
SEARCHED_NETWORK = "resnet8"
SEARCHED = f"{SEARCHED_NETWORK}_search"  # its project, beside one for each network


class Network(NamedTuple):
    """One of the four, and how long it learns."""

    title: str
    file: str  # of mlcommons/tiny
    rows: int  # to train
    epochs: int
    batch_size: int
    figure: str  # its score, as the benchmark names it: a key of metrics/sizes.json
    label: str
    data: str  # what it learns from here
    published: str  # of the network as its authors trained it
    weights: Literal["given", "learned on", "new"] = "learned on"  # of the baseline


NETWORKS = {
    "resnet8": Network(
        "ResNet-8, small pictures of ten kinds", "pretrainedResnet.h5", 10_000, 8, 32, "accuracy",
        "accuracy", "CIFAR-10: the pictures that you bring",
        "87.2 % as float32 and 87.0 % as int8 of CIFAR-10's 10,000 test pictures "
        "(mlcommons/tiny, pull request 116); the target is 85 %",
        weights="given",
    ),
    "mobilenet": Network(
        "MobileNet, a person or none", "vww_96.h5", 1536, 6, 32, "accuracy", "accuracy",
        "synthetic: figures of a head, a trunk and legs, and the same parts in disorder",
        "a target of 80 % of Visual Wake Words' pictures",
    ),
    "wake_word": Network(
        "DS-CNN, a wake word", "str_ww_ref_model.h5", 3840, 6, 32, "accuracy", "accuracy",
        "synthetic: three tones in an order, in another one, or noise",
        "no accuracy: the benchmark counts false alarms and misses in a stream of sound",
    ),
    "autoencoder": Network(
        "Autoencoder, sounds of a machine", "ad01.h5", 5120, 20, 64, "roc_auc", "ROC AUC",
        "synthetic: a hum and its multiples; odd machines have another tone, or turn unevenly",
        "a target of 0.85 ROC AUC of ToyADMOS's recordings",
        weights="new",  # its authors' are for sounds of another scale
    ),
}  # fmt: skip
# What is done to each: its recipe, and the type of its file.
VARIANTS = {
    "dense": ("dense", "float32"),
    "50 % zeros": ("zeros_50", "float32"),
    "80 % zeros": ("zeros_80", "float32"),
    "channels, half of the MACs": ("channels_50", "float32"),
    "dense, twice as long": ("dense_twice", "float32"),
    "int8": ("dense", "int8"),
    "50 % zeros, int8": ("zeros_50", "int8"),
    "80 % zeros, int8": ("zeros_80", "int8"),
    "channels, int8": ("channels_50", "int8"),
    "dense, twice as long, int8": ("dense_twice", "int8"),
    "all: channels, 80 % zeros, int8": ("all", "int8"),
}
