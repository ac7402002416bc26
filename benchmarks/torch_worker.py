"""Time eager PyTorch: `torch_worker.py _ MODEL DATA.npz EPOCHS`.

Each line of standard input starts a training with one and one with two threads, and prints the
lower seconds per epoch. Network, Adam, batches and validation are the same;
`torch.nn.utils.prune` prunes.
"""

import sys
import time

import numpy as np
import torch
from torch.nn.utils import prune

BATCH = 32


def main(_how, kind, path, epochs):
    """Time the trainings for each line of standard input."""
    arrays = {name: torch.from_numpy(array) for name, array in np.load(path).items()}
    print("ready", flush=True)
    for _ in sys.stdin:
        print(f"seconds {min(seconds(kind, arrays, epochs, n) for n in (1, 2))}", flush=True)


def seconds(kind, arrays, epochs, threads):
    """Return the mean seconds per epoch with so many threads, without the first epoch."""
    torch.set_num_threads(threads)
    layers = torch.nn.Linear(10, 128), torch.nn.Linear(128, 1)
    model = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1], torch.nn.ReLU())
    if kind == "pruned":
        for layer in layers:
            prune.l1_unstructured(layer, "weight", 0.5)
    optimizer, error, count, times = torch.optim.Adam(model.parameters()), torch.nn.MSELoss(), 0, []
    for _ in range(epochs):
        times.append(time.perf_counter())
        for rows in torch.randperm(len(arrays["x"])).split(BATCH):
            count += 1
            if kind == "pruned" and count % 100 == 0:
                for layer in layers:
                    size = layer.weight_orig.detach().abs()
                    layer.weight_mask.copy_(size > size.median())
            optimizer.zero_grad()
            error(model(arrays["x"][rows]), arrays["y"][rows]).backward()
            optimizer.step()
        with torch.no_grad():
            error(model(arrays["x_val"]), arrays["y_val"]).item()
    return (times[-1] - times[1]) / (epochs - 2)


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]))
