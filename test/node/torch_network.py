"""The two networks in plain PyTorch, for exchange.test.ts. `python3 torch_network.py NET IN IMAGES LOGITS OUT ONNX`: takes the weights of the
safetensors file IN as they are, writes the logits of the images [n, 784] (bytes) to LOGITS as float32, and then saves other weights
to OUT, as somebody else would who has never heard of us: other names, another order, float16, bfloat16 and float64, metadata of his
own; and to ONNX, as PyTorch exports them. The logits of those follow in LOGITS."""

import json
import struct
import sys

import numpy
import torch
from torch import nn


def network(net, names=("conv1", "conv2", "dense")):
    conv1, conv2, dense = names
    core = net == "mnist-core"
    padding = 2 if core else 0
    model = nn.Sequential()
    model.add_module(conv1, nn.Conv2d(1, 8, 5, padding=padding, bias=not core))
    model.add_module("relu1", nn.ReLU())  # before the pool, as both networks were published
    model.add_module("pool1", nn.MaxPool2d(2))
    model.add_module(conv2, nn.Conv2d(8, 16, 5, padding=padding, bias=not core))
    model.add_module("relu2", nn.ReLU())
    model.add_module("pool2", nn.MaxPool2d(2))
    model.add_module("flatten", nn.Flatten())
    model.add_module(dense, nn.Linear(784 if core else 256, 10))
    return model


def read(path):
    with open(path, "rb") as file:
        bytes = file.read()
    (length,) = struct.unpack("<Q", bytes[:8])
    header = json.loads(bytes[8 : 8 + length])
    data = bytes[8 + length :]
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            assert entry["dtype"] == "F32"
            begin, end = entry["data_offsets"]
            values = numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
            tensors[name] = torch.from_numpy(values.copy())
    return tensors


DTYPES = {torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32", torch.float64: "F64"}


def write(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        raw = tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor
        begin, data = len(data), data + raw.contiguous().numpy().tobytes()
        entry = {"dtype": DTYPES[tensor.dtype], "data_offsets": [begin, len(data)]}
        header[name] = {**entry, "shape": list(tensor.shape)}
    header["__metadata__"] = {"format": "pt", "author": "somebody else", "epoch": "7"}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


net, file, images, logits, out, onnx = sys.argv[1:]
xs = torch.from_numpy(numpy.fromfile(images, "uint8")).reshape(-1, 1, 28, 28).float() / 255
with torch.no_grad(), open(logits, "wb") as answers:
    ours = network(net)
    ours.load_state_dict(read(file), strict=True)
    answers.write(ours(xs).numpy().tobytes())

    torch.manual_seed(5)
    theirs = network(net, ("features_0", "features_3", "classifier"))
    dtypes = [torch.float64, torch.bfloat16, torch.float16]
    state = reversed(list(theirs.state_dict().items()))
    saved = {f"module.{name}": value.to(dtypes[i % 3]) for i, (name, value) in enumerate(state)}
    write(out, saved)
    theirs.load_state_dict({name[len("module."):]: value.float() for name, value in saved.items()})
    answers.write(theirs(xs).numpy().tobytes())
    try:
        torch.onnx.export(theirs, xs[:1], onnx, input_names=["x"], output_names=["y"])
    except ImportError as error:  # newer ones need packages of their own for it
        print(f"SKIPPED: PyTorch's own ONNX file: {error}")
