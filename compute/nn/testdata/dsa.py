"""Writes dsa.npy: images by formula under each part of DSA, by PyTorch in float64 (dsa_test.go has the same numbers).

    python3 dsa.py

The product and its tests need neither Python nor this script.
"""

import pathlib

import numpy as np
import torch
from torch.nn import functional as F

H, W = 9, 10


def warp(x, theta):
    grid = F.affine_grid(torch.tensor([theta], dtype=torch.float64), x.shape, align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


def colour(x, brightness, saturation, contrast):
    x = x + brightness
    grey = x.mean(1, keepdim=True)
    x = (x - grey) * saturation + grey
    mean = x.mean((1, 2, 3), keepdim=True)
    return (x - mean) * contrast + mean


def shift(x, down, right):
    padded = F.pad(x, [W, W, H, H])
    return padded[:, :, H + down:2 * H + down, W + right:2 * W + right]


def cutout(x, top, left, height, width):
    mask = torch.ones(1, 1, H, W, dtype=torch.float64)
    mask[:, :, top:top + height, left:left + width] = 0
    return x * mask


def rotated(degrees):
    t = torch.tensor(degrees * np.pi / 180, dtype=torch.float64)
    return [[t.cos(), -t.sin(), 0], [t.sin(), t.cos(), 0]]


PARTS = [
    lambda x: colour(x, 0.3, 1.7, 0.6),
    lambda x: shift(x, -1, 1),
    lambda x: cutout(x, 0, 3, 4, 5),
    lambda x: x.flip(3),
    lambda x: warp(x, [[0.875, 0, 0], [0, 1.1875, 0]]),
    lambda x: warp(x, rotated(-13)),
    lambda x: warp(cutout(shift(colour(x, -0.2, 0.25, 1.5), 1, 0), 2, 1, 3, 4).flip(3), rotated(11)),
]

n = len(PARTS) * H * W * 3
images = torch.from_numpy((np.arange(n, dtype=np.float64) * 37 % 101 / 50 - 1).reshape(len(PARTS), H, W, 3)).permute(0, 3, 1, 2)
out = torch.cat([part(images[i:i + 1]) for i, part in enumerate(PARTS)]).permute(0, 2, 3, 1).contiguous().numpy()
np.save(pathlib.Path(__file__).parent / "dsa.npy", out)
print("PyTorch", torch.__version__, out.shape)
