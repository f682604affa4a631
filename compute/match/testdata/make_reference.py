"""Writes unrolled.safetensors: gradients through the training of a ConvNet-3, by PyTorch's double back-propagation in float64.

    python3 make_reference.py

A network with the weights and pixels of compute/models/testdata/README.md (seed 61, 8 images of 16 px, 10 classes) takes N
steps of gradient descent with rate 0.02; step k sees 5 images, rows (3k + 2i) mod 8, of class (3 row) mod 10, no row twice. L is
|theta_N - theta*|^2 / |theta_0 - theta*|^2 with theta* = theta_0 + 0.02 (2u - 1), u = uniform(62); theta are all weights in order but the
biases of convolutions. For N = 1 and 10: `N_loss` [1], `N_rate` [1], the derivative by the rate, `N_pixels` [8,16,16,3]. `matching_*` is
gradient matching: L = |g - g*|^2 with g the gradient of step 0 and g* = 0.1 (2u - 1), u = uniform(63).

The product and its tests need neither Python nor this script.
"""

import pathlib
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / "models" / "testdata"))
import make_reference as models  # noqa: E402

models.HERE = HERE
CLASSES, SIDE, ROWS, BATCH, RATE = 10, 16, 8, 5, 0.02


def convnet3(width=128):
    layers, channels = [], 3
    for _ in range(3):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.GroupNorm(width, width, affine=True), nn.ReLU(), nn.AvgPool2d(2)]
        channels = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * (SIDE // 8) ** 2, CLASSES)).double()


def noise(seed, like, scale):
    size = sum(p.numel() for p in like)
    flat = scale * (2 * torch.from_numpy(models.uniform(seed, size)) - 1)
    out, at = [], 0
    for p in like:
        out.append(flat[at:at + p.numel()].view_as(p))
        at += p.numel()
    return out


net = models.formula_weights(convnet3()).double()
names = [k for k, _ in net.named_parameters() if k not in ("0.bias", "4.bias", "8.bias")]
fixed = {k: p.detach() for k, p in net.named_parameters() if k not in names}
theta0 = [p.detach().clone().requires_grad_() for k, p in net.named_parameters() if k in names]


def images():
    x = 2 * torch.from_numpy(models.uniform(61, ROWS * SIDE * SIDE * 3)) - 1
    return x.view(ROWS, SIDE, SIDE, 3).requires_grad_()


def gradient(theta, x, k):
    rows = [(3 * k + 2 * i) % ROWS for i in range(4)] + [(3 * k + 1) % ROWS]
    y = torch.tensor([3 * r % CLASSES for r in rows])
    logits = functional_call(net, {**fixed, **dict(zip(names, theta))}, (x[rows].permute(0, 3, 1, 2),))
    return torch.autograd.grad(F.cross_entropy(logits, y), theta, create_graph=True)


def square(a, b):
    return sum(((p - q) ** 2).sum() for p, q in zip(a, b))


out = {}
star = [p.detach() + d for p, d in zip(theta0, noise(62, theta0, 0.02))]
for steps in (1, 10):
    x, rate = images(), torch.tensor(RATE, dtype=torch.float64, requires_grad=True)
    theta = theta0
    for k in range(steps):
        theta = [p - rate * g for p, g in zip(theta, gradient(theta, x, k))]
    loss = square(theta, star) / square(theta0, star)
    dx, drate = torch.autograd.grad(loss, (x, rate))
    out[f"{steps}_loss"], out[f"{steps}_rate"], out[f"{steps}_pixels"] = loss.view(1), drate.view(1), dx
x = images()
loss = square(gradient(theta0, x, 0), noise(63, theta0, 0.1))
out["matching_loss"], out["matching_pixels"] = loss.view(1), torch.autograd.grad(loss, x)[0]
from safetensors.torch import save_file  # noqa: E402

save_file({k: v.detach().contiguous().to(torch.float32 if "pixels" in k else torch.float64) for k, v in out.items()}, HERE / "unrolled.safetensors")
for k, v in out.items():
    print(k, v.norm().item() if "pixels" in k else v.item())
