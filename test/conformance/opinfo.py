"""PyTorch's own sample inputs (OpInfo, torch/testing/_internal) for the ops that we have too, with the outputs and gradients that
PyTorch computes from them in float64. `python3 opinfo.py` prints a line of JSON for each: the op, its arguments, the output y.

A tensor is {"shape", "dtype", "values"} in row order; an argument with a gradient has it as "gradient". The gradient of y is what
backpropagation begins with: random numbers, of a fixed seed."""

import json
import sys
import types
import unittest

try:
    import expecttest
except ImportError:  # Debian has no package of it, and PyTorch's test tools need no more of it than these two names
    expecttest = types.ModuleType("expecttest")
    expecttest.TestCase, expecttest.ACCEPT = unittest.TestCase, False
    sys.modules["expecttest"] = expecttest

import torch
from torch.testing._internal.common_methods_invocations import op_db

OPS = {
    "nn.functional.conv2d",
    "nn.functional.max_pool2d",
    "nn.functional.relu",
    "nn.functional.linear",
    "nn.functional.cross_entropy",
    "softmax",
}


def in_float64(value):
    """A float tensor's copy, which collects a gradient if the tensor does; whatever else it is, as it is."""
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return value.detach().double().requires_grad_(value.requires_grad)
    return value


def as_json(value):
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    if not isinstance(value, torch.Tensor):
        return value
    # The values are float32 numbers, which float64 holds exactly.
    dtype = "float32" if value.is_floating_point() else str(value.dtype).removeprefix("torch.")
    tensor = {"shape": list(value.shape), "dtype": dtype, "values": value.flatten().tolist()}
    if value.grad is not None:
        tensor["gradient"] = value.grad.flatten().tolist()
    return tensor


def computed(op, sample):
    args = [in_float64(value) for value in (sample.input, *sample.args)]
    kwargs = {name: in_float64(value) for name, value in sample.kwargs.items()}
    y = op(*args, **kwargs)
    first = y[0] if isinstance(y, tuple) else y
    first.retain_grad()
    first.backward(torch.randn(first.shape).double())
    return {
        "op": op.name.removeprefix("nn.functional."),
        "args": [as_json(value) for value in args],
        "kwargs": {name: as_json(value) for name, value in kwargs.items()},
        "y": as_json(first),
    }


torch.manual_seed(1)
for op in op_db:
    if op.name in OPS and op.variant_test_name == "":
        for sample in op.sample_inputs("cpu", torch.float32, requires_grad=True):
            print(json.dumps(computed(op, sample), allow_nan=False))
