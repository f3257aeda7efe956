"""The training step of `tutorial` in PyTorch, which bench/peers/pytorch.ts times beside ours.

    python3 pytorch_step.py THREADS

stdin   one line of JSON, {"weights": [shape, ...], "batches": [images, ...], "learningRate": number}; then float32, little
        endian: all weights, then each batch's pixels [images, 784] and labels [images, 10]; then a line for each block
        of steps, with their number
stdout  a line {"version"}; then for each block a line {"ms": [a step's, ...], "losses": [...]}
"""
import json
import math
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))


def read_tensor(shape):
    data = bytearray(sys.stdin.buffer.read(4 * math.prod(shape)))
    return torch.frombuffer(data, dtype=torch.float32).view(*shape)


header = json.loads(sys.stdin.buffer.readline())
filter1, bias1, filter2, bias2, weights3, bias3 = [read_tensor(s) for s in header["weights"]]
batches = [(read_tensor([n, 784]), read_tensor([n, 10])) for n in header["batches"]]

# TensorFlow.js has channels last, PyTorch before rows and columns: in images, filters, and the inputs of dense.
network = torch.nn.Sequential(
    torch.nn.Conv2d(1, 8, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
    torch.nn.Conv2d(8, 16, 5), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
    torch.nn.Flatten(), torch.nn.Linear(256, 10),
)  # fmt: skip
given = [
    filter1.permute(3, 2, 0, 1), bias1,
    filter2.permute(3, 2, 0, 1), bias2,
    weights3.view(4, 4, 16, 10).permute(3, 2, 0, 1).reshape(10, 256), bias3,
]  # fmt: skip
with torch.no_grad():
    for parameter, value in zip(network.parameters(), given):
        parameter.copy_(value)
# Channels last in memory, like TensorFlow.js: PyTorch's fastest setting for such convolutions.
network = network.to(memory_format=torch.channels_last)
optimizer = torch.optim.SGD(network.parameters(), lr=header["learningRate"])
batches = [
    (xs.view(-1, 1, 28, 28).contiguous(memory_format=torch.channels_last), labels.argmax(1))
    for xs, labels in batches
]


def step(xs, labels):
    optimizer.zero_grad()
    loss = F.cross_entropy(network(xs), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def answer(value):
    print(json.dumps(value), flush=True)


answer({"version": torch.__version__})
steps = 0
for line in sys.stdin.buffer:
    ms, losses = [], []
    for _ in range(int(line)):
        start = time.perf_counter()
        losses.append(step(*batches[steps % len(batches)]))
        ms.append(1000 * (time.perf_counter() - start))
        steps += 1
    answer({"ms": ms, "losses": losses})
