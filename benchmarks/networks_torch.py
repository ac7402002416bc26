"""Time real networks with PyTorch: `networks_torch.py HOW NETWORK ROWS EPOCHS`.

HOW is `eager` or `compiled` (`torch.compile`). The networks are those of `networks_keras.py`. It
prints the seconds an epoch, without the first, and the peak memory in MiB.
"""

import resource
import sys
import time

import torch
from torch import nn

HOW, NETWORK, ROWS, EPOCHS = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


def convolution(of, to, size, stride=1, groups=1):
    """Convolve, normalize and rectify."""
    padding = tuple(side // 2 for side in size) if isinstance(size, tuple) else size // 2
    layer = nn.Conv2d(of, to, size, stride, padding, groups=groups, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(to), nn.ReLU())


class Block(nn.Module):
    """Two convolutions, and a short way around them."""

    def __init__(self, of, to, stride):
        super().__init__()
        self.long = nn.Sequential(
            nn.Conv2d(of, to, 3, stride, 1), nn.BatchNorm2d(to), nn.ReLU(),
            nn.Conv2d(to, to, 3, 1, 1), nn.BatchNorm2d(to),
        )  # fmt: skip
        self.short = nn.Conv2d(of, to, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x):
        """Add both ways."""
        return torch.relu(self.long(x) + self.short(x))


def head(of, classes):
    """Pool and classify."""
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(of, classes)]


def resnet8():
    """MLPerf Tiny's ResNet-8."""
    first = [nn.Conv2d(3, 16, 3, 1, 1), nn.BatchNorm2d(16), nn.ReLU()]
    blocks = [Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2)]
    return nn.Sequential(*first, *blocks, *head(64, 10)), (3, 32, 32)


def mobilenet():
    """MLPerf Tiny's MobileNetV1 0.25."""
    layers, of = [convolution(3, 8, 3, 2)], 8
    for number, to in enumerate((16, 32, 32, 64, 64, *[128] * 6, 256, 256)):
        stride = 2 if number in (1, 3, 5, 11) else 1
        layers += [convolution(of, of, 3, stride, of), convolution(of, to, 1)]
        of = to
    return nn.Sequential(*layers, *head(256, 2)), (3, 96, 96)


def ds_cnn():
    """MLPerf Tiny's DS-CNN."""
    layers = [convolution(1, 64, (10, 4), 2), nn.Dropout(0.2)]
    for _ in range(4):
        layers += [convolution(64, 64, 3, 1, 64), convolution(64, 64, 1)]
    return nn.Sequential(*layers, nn.Dropout(0.4), *head(64, 12)), (1, 49, 10)


def autoencoder():
    """MLPerf Tiny's autoencoder."""
    layers, of = [], 640
    for to in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        layers += [nn.Linear(of, to), nn.BatchNorm1d(to), nn.ReLU()]
        of = to
    return nn.Sequential(*layers, nn.Linear(of, 640)), (640,)


def main():
    """Train, and print the figures."""
    import os

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(0)
    model, shape = globals()[NETWORK]()
    x = torch.randn(ROWS, *shape)
    if len(shape) == 3:
        model, x = (each.to(memory_format=torch.channels_last) for each in (model, x))
    sizes = model(x[:2]).shape[1]
    y = x if NETWORK == "autoencoder" else torch.randint(sizes, (ROWS,))
    error = nn.MSELoss() if NETWORK == "autoencoder" else nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters())
    run = torch.compile(model) if HOW == "compiled" else model
    times = []
    for _ in range(EPOCHS):
        times.append(time.perf_counter())
        model.train()
        for rows in torch.randperm(ROWS).split(32):
            optimizer.zero_grad()
            error(run(x[rows]), y[rows]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            for some in range(0, ROWS // 10, 32):
                error(run(x[some : some + 32]), y[some : some + 32]).item()
    per_epoch = (times[-1] - times[1]) / (EPOCHS - 2)
    print(per_epoch, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main()
