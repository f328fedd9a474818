"""Times the networks that `gpu_check` describes in PyTorch, with the same sizes.

    gpu_check cuda >cepstrum.jsonl
    python pytorch_times.py cepstrum.jsonl cuda >pytorch.jsonl

Prints one JSON object per line, as gpu_check does, with `mode` eager or compile. `tiny` as a third argument makes
everything small. Weights are PyTorch's own: times do not depend on them.
"""

import json
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

WARM_UP, CLASSES = 3, 10


def same(side, window, stride):
    """TensorFlow's padding of one axis, before and behind."""
    cells = -(-side // stride)
    padding = max((cells - 1) * stride + window - side, 0)
    return padding // 2, padding - padding // 2


class MaxPool(nn.Module):
    def __init__(self, window, stride):
        super().__init__()
        self.window, self.stride = window, stride

    def forward(self, x):
        top, bottom = same(x.shape[2], self.window[0], self.stride[0])
        left, right = same(x.shape[3], self.window[1], self.stride[1])
        x = F.pad(x, (left, right, top, bottom), value=float("-inf"))
        return F.max_pool2d(x, self.window, self.stride)


class Flatten(nn.Module):
    def forward(self, x):
        return x.flatten(1)


class GlobalAveragePool(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class Gru(nn.Module):
    def __init__(self, inputs, units):
        super().__init__()
        self.gru = nn.GRU(inputs, units, batch_first=True)

    def forward(self, x):
        rows = x.permute(0, 2, 3, 1).flatten(2)
        return self.gru(rows)[0][:, -1]


def network(input_shape, specs):
    """The layers of a description; images are NCHW."""
    layers, shape = [], input_shape
    image = len(shape) == 3
    for spec in specs:
        kind = spec["layer"]
        if kind == "conv2d":
            (kh, kw), n_out = spec["kernel"], spec["filters"]
            layers.append(nn.Conv2d(shape[2], n_out, (kh, kw)))
            shape = [shape[0] - kh + 1, shape[1] - kw + 1, n_out]
        elif kind == "max_pool2d":
            layers.append(MaxPool(spec["window"], spec["stride"]))
            shape = [-(-shape[0] // spec["stride"][0]), -(-shape[1] // spec["stride"][1]), shape[2]]
        elif kind == "batch_norm":
            norm = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
            layers.append(norm(shape[-1], eps=spec["epsilon"], momentum=1 - spec["momentum"]))
        elif kind == "dropout":
            layers.append(nn.Dropout(spec["rate"]))
        elif kind == "flatten":
            size = 1
            for side in shape:
                size *= side
            layers.append(Flatten())
            shape = [size]
        elif kind == "dense":
            layers.append(nn.Linear(shape[0], spec["units"]))
            shape = [spec["units"]]
        elif kind == "gru":
            layers.append(Gru(shape[1] * (shape[2] if image else 1), spec["units"]))
            shape = [spec["units"]]
        elif kind == "global_average_pool":
            layers.append(GlobalAveragePool())
            shape = shape[-1:]
        else:
            raise SystemExit(f"no PyTorch layer for {kind}")
        if spec.get("activation") == "relu":
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def inputs(n, input_shape, device):
    shape = [input_shape[2], *input_shape[:2]] if len(input_shape) == 3 else input_shape
    return torch.randn(n, *shape, device=device), torch.arange(n, device=device) % CLASSES


def wait(device):
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def report(**values):
    print(json.dumps(values), flush=True)


def main():
    description, device, tiny = sys.argv[1], sys.argv[2], "tiny" in sys.argv[3:]
    networks = [line for line in map(json.loads, open(description)) if line["kind"] == "network"]
    batches, count, n = ([8], 2, 100) if tiny else ([32, 256, 1024], 12, 100_000)
    name = torch.cuda.get_device_name() if device.startswith("cuda") else device
    report(kind="device", device=name, torch=torch.__version__)
    for described in networks:
        for mode in ["eager"] if tiny else ["eager", "compile"]:
            model = network(described["input_shape"], described["layers"]).to(device)
            # Adam as Keras has it, in one kernel for all weights where there is one.
            optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, eps=1e-7, fused=device.startswith("cuda"))

            def step(x, labels):
                optimizer.zero_grad(set_to_none=True)
                loss = F.cross_entropy(run(x), labels)
                loss.backward()
                optimizer.step()
                return loss

            run = torch.compile(model) if mode == "compile" else model
            for batch in batches:
                model.train()
                x, labels = inputs(batch, described["input_shape"], device)
                for _ in range(WARM_UP):
                    step(x, labels)
                times = []
                for _ in range(count):
                    wait(device)
                    begun = time.perf_counter()
                    # The batch comes from the host and the loss goes there, as in gpu_check.
                    step(x.cpu().to(device), labels).item()
                    wait(device)
                    times.append((time.perf_counter() - begun) * 1e3)
                median = sorted(times)[len(times) // 2]
                report(kind="step", mode=mode, network=described["network"], batch=batch, milliseconds=median)
            model.eval()
            with torch.no_grad():
                x, _ = inputs(512, described["input_shape"], "cpu")
                run(x.to(device))
                wait(device)
                begun = time.perf_counter()
                for _ in range(-(-n // 512)):
                    run(x.to(device)).softmax(1).cpu()
                seconds = time.perf_counter() - begun
            report(kind="inference", mode=mode, network=described["network"], segments=n, seconds=seconds)


main()
