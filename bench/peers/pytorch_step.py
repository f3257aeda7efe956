"""The training step of a network in PyTorch, which bench/peers/pytorch.ts times beside ours. It answers each line of JSON with one.

the first    {"network", "channelsLast", "threads", "learningRate",
              "weights": [{"shape", "values"}, ...], "batches": [{"pixels", "labels"}, ...]}  ->  {"version"}
             pixels [images, 784] and labels [images, 10]; all numbers in base64: float32, little endian
the others   {"steps", "compared"}  ->  {"ms": [a step's, ...], "losses": [...]}
             compared: by SGD without dropout, as libraries draw other numbers, and place Adam's and RMSProp's epsilon elsewhere
"""
import base64
import json
import sys
import time

import torch
import torch.nn.functional as F
from torch.nn import AvgPool2d, BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU


def norm(channels):
    return BatchNorm2d(channels, eps=1e-3, momentum=0.01)  # as in Keras, whose momentum is 1 - PyTorch's


def depthwise(channels):
    return Conv2d(channels, channels, 3, padding=1, groups=channels)


# The networks of bench/cases/networks.ts and models.ts. The softmax is in the loss.
NETWORKS = {
    "tutorial": lambda: [
        Conv2d(1, 8, 5), ReLU(), MaxPool2d(2), Conv2d(8, 16, 5), ReLU(), MaxPool2d(2), Flatten(), Linear(256, 10),
    ],
    "mnist-core": lambda: [
        Conv2d(1, 8, 5, padding=2, bias=False), ReLU(), MaxPool2d(2),
        Conv2d(8, 16, 5, padding=2, bias=False), ReLU(), MaxPool2d(2), Flatten(), Linear(784, 10),
    ],
    "keras": lambda: [
        Conv2d(1, 32, 3), ReLU(), Conv2d(32, 64, 3), ReLU(), MaxPool2d(2), Dropout(0.25),
        Flatten(), Linear(9216, 128), ReLU(), Dropout(0.5), Linear(128, 10),
    ],
    "tfjs-examples": lambda: [
        Conv2d(1, 16, 3), ReLU(), MaxPool2d(2), Conv2d(16, 32, 3), ReLU(), MaxPool2d(2), Conv2d(32, 32, 3), ReLU(),
        Flatten(), Linear(288, 64), ReLU(), Linear(64, 10),
    ],
    "batch-norm": lambda: [
        Conv2d(1, 32, 3, bias=False), norm(32), ReLU(), MaxPool2d(2),
        Conv2d(32, 64, 3, bias=False), norm(64), ReLU(), MaxPool2d(2), Flatten(), Linear(1600, 10),
    ],
    "depthwise": lambda: [
        Conv2d(1, 32, 3), ReLU(), depthwise(32), ReLU(), Conv2d(32, 64, 1), ReLU(), AvgPool2d(2),
        depthwise(64), ReLU(), Conv2d(64, 128, 1), ReLU(), AvgPool2d(2), Flatten(), Linear(4608, 10),
    ],
}  # fmt: skip


def tensor(numbers, *shape):
    data = bytearray(base64.b64decode(numbers))
    return torch.frombuffer(data, dtype=torch.float32).view(*shape)


def load(layers, weights):
    """TensorFlow.js has channels last, PyTorch before rows and columns: in filters, and in what Flatten gives to Linear."""
    numbers = (tensor(each["values"], *each["shape"]) for each in weights)
    x = torch.zeros(1, 1, 28, 28)
    maps = None
    for layer in layers:
        layer.eval()
        if isinstance(layer, Flatten):
            maps = x.shape[1:]
        values = [next(numbers) for _ in layer.parameters()]
        if isinstance(layer, Conv2d):  # [kH, kW, C, K]; depthwise [kH, kW, C, 1]
            values[0] = values[0].permute(*((2, 3, 0, 1) if layer.groups > 1 else (3, 2, 0, 1)))
        elif isinstance(layer, Linear) and maps:
            channels, rows, columns = maps
            values[0] = values[0].view(rows, columns, channels, -1).permute(3, 2, 0, 1).flatten(1)
            maps = None
        elif isinstance(layer, Linear):
            values[0] = values[0].t()
        for parameter, value in zip(layer.parameters(), values):
            parameter.copy_(value)
        x = layer(x)
    assert next(numbers, None) is None


given = json.loads(sys.stdin.readline())
torch.set_num_threads(given["threads"])
layers = NETWORKS[given["network"]]()
with torch.no_grad():
    load(layers, given["weights"])
order = torch.channels_last if given["channelsLast"] else torch.contiguous_format
network = torch.nn.Sequential(*layers).to(memory_format=order)
plain = torch.optim.SGD(network.parameters(), lr=given["learningRate"])
if given["network"] in ("tutorial", "mnist-core"):
    usual = plain
elif given["network"] == "tfjs-examples":
    usual = torch.optim.RMSprop(network.parameters(), lr=0.001, alpha=0.9, eps=1e-7)
else:
    usual = torch.optim.Adam(network.parameters(), eps=1e-7)
batches = [
    (
        tensor(each["pixels"], -1, 1, 28, 28).contiguous(memory_format=order),
        tensor(each["labels"], -1, 10).argmax(1),
    )
    for each in given["batches"]
]


def step(optimizer, xs, labels):
    optimizer.zero_grad()
    loss = F.cross_entropy(network(xs), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def answer(value):
    print(json.dumps(value), flush=True)


answer({"version": torch.__version__})
taken = 0
for line in sys.stdin:
    asked = json.loads(line)
    optimizer = plain if asked["compared"] else usual
    network.train()
    for layer in layers:
        if isinstance(layer, Dropout):
            layer.train(not asked["compared"])
    ms, losses = [], []
    for _ in range(asked["steps"]):
        start = time.perf_counter()
        losses.append(step(optimizer, *batches[taken % len(batches)]))
        ms.append(1000 * (time.perf_counter() - start))
        taken += 1
    answer({"ms": ms, "losses": losses})
