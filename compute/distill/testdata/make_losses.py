"""Makes losses.json of this folder with PyTorch in float64 (see README.md): the loss of one batch by each recipe's published formula.

    python3 make_losses.py

The product and its tests need neither Python nor this script.
"""

import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "models" / "testdata"))
from make_networks import named_weights, uniform  # noqa: E402

CLASSES, IPC, SIDE, REAL = 3, 2, 16, 4  # REAL images of each class
MEAN, STD = torch.tensor([0.5, 0.45, 0.4], dtype=torch.float64), torch.tensor([0.25, 0.2, 0.3], dtype=torch.float64)


class Block(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout)
        self.conv2, self.bn2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout)
        self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout)) if stride > 1 else nn.Identity()

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.downsample(x))


class ResNet8(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        self.layer1, self.layer2, self.layer3 = (nn.Sequential(Block(*s)) for s in ((16, 16, 1), (16, 32, 2), (32, 64, 2)))
        self.fc = nn.Linear(64, CLASSES)

    def features(self, x):
        return self.layer3(self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x)))))).mean((2, 3))

    def forward(self, x):
        return self.fc(self.features(x))


net = named_weights(ResNet8().double().eval())
inputs = {}  # by module, of the last forward pass
for name, module in net.named_modules():
    if isinstance(module, (nn.Conv2d, nn.BatchNorm2d)):
        module.register_forward_pre_hook(lambda m, x: inputs.__setitem__(m, x[0]))
norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm2d)]  # conv1's is the first
convs = [m for m in net.modules() if isinstance(m, nn.Conv2d)]


def images(seed, n):
    """[n,3,SIDE,SIDE] from numbers in the order [n,SIDE,SIDE,3]."""
    return torch.from_numpy(seed(n * SIDE * SIDE * 3)).reshape(n, SIDE, SIDE, 3).permute(0, 3, 1, 2)


bytes8 = lambda n: np.floor(256 * uniform(7, n))
small = lambda seed: lambda n: ((2 * uniform(seed, n) - 1) / 8).astype(np.float32).astype(np.float64)
real = ((images(bytes8, CLASSES * REAL) / 255).permute(0, 2, 3, 1) - MEAN).div(STD).permute(0, 3, 1, 2)
real_class = torch.arange(CLASSES * REAL) // REAL
batch = images(small(11), CLASSES * IPC)
by_class = torch.arange(CLASSES * IPC) // IPC
across = torch.arange(CLASSES)  # an image of each class


def channels(x):
    """Mean and biased variance of each channel over images and pixels."""
    return x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)


def patches(x):
    """Mean and biased variance of each patch of 4 x 4 pixels over images, channels and pixels."""
    side = (x.shape[2] + 3) // 4 * 4
    x = F.interpolate(x, (side, side), mode="bilinear", align_corners=False) if side != x.shape[2] else x
    n, c = x.shape[:2]
    x = x.reshape(n, c, side // 4, 4, side // 4, 4).permute(2, 4, 0, 1, 3, 5).reshape((side // 4) ** 2, -1)
    return x.mean(1), x.var(1, unbiased=False)


def statistics(x):
    """Of every input, in the order norms, then each convolution's channels and patches."""
    net(x)
    return [channels(inputs[m]) for m in norms] + [f(inputs[m]) for m in convs for f in (channels, patches)]


def distance(a, b):
    return (a[0] - b[0]).norm() + (a[1] - b[1]).norm()


def cross_entropy(labels):
    return F.cross_entropy(net(batch[:len(labels)]), labels)


def bn_loss(n):
    """Eqn 1's second term as SRe2L's code has it, of n images: the first layer times 10."""
    net(batch[:n])
    of = [distance(channels(inputs[m]), (m.running_mean, m.running_var)) for m in norms]
    return 10 * of[0] + sum(of[1:])


def stats_loss(classes, share):
    """G-VBSM's and EDC's: statistics smoothed by 0.8 from 0 on, against those of the set and, with a share, the mean of the classes of the images."""
    per_image = [statistics(x[None]) for x in real]
    of_class = [[tuple(torch.stack([per_image[i][l][k] for i in range(len(real)) if real_class[i] == c]).mean(0) for k in range(2))
                 for l in range(len(per_image[0]))] for c in range(CLASSES)]
    whole = statistics(real)
    for l, m in enumerate(norms):
        whole[l] = (m.running_mean, m.running_var)
    total = 0
    for l, now in enumerate(statistics(batch)):
        smoothed = tuple(0.2 * v for v in now)
        mean = tuple(torch.stack([of_class[c][l][k] for c in classes]).mean(0) for k in range(2))
        factor = 10 if l in (len(norms), len(norms) + 1) else 1  # the first convolution's
        total = total + factor * ((1 - share) * distance(smoothed, whole[l]) + (share * distance(smoothed, mean) if share else 0))
    return total


def densify_loss(labels):
    """G-VBSM's data densification: KL(softmax(l/4) || softmax(l)) of the eigenvalues of each class's Gram matrix."""
    x = F.adaptive_avg_pool2d(batch, 32).flatten(1)
    total = 0
    for c in labels.unique():
        l = torch.linalg.eigvalsh(x[labels == c] @ x[labels == c].T)
        p = (l / 4).softmax(0)
        total = total + (p * ((l / 4).log_softmax(0) - l.log_softmax(0))).sum()
    return total


def class_bn_loss(labels):
    """WMDD's: each class's statistics against those of its real images, mean over the classes."""
    net(batch)
    now = {m: inputs[m] for m in norms}
    net(real)
    total = 0
    for i, m in enumerate(norms):
        for c in range(CLASSES):
            total = total + (10 if i == 0 else 1) * distance(channels(now[m][labels == c]), channels(inputs[m][real_class == c])) / CLASSES
    return total


def barycentre_loss():
    """WMDD's: the distance of the batch's features from the points of their classes, given here."""
    points = torch.from_numpy(small(17)(CLASSES * IPC * 64)).reshape(CLASSES * IPC, 64)
    return (net.features(batch) - points).norm()


def mosaic_loss():
    """CIM's: the features of each cell, enlarged, against those of the real image it is of; mean absolute difference, summed over cells."""
    rows = torch.arange(CLASSES * IPC) % IPC * CLASSES + by_class  # of the batch's images among all, image by image
    of = images(small(13), 4 * CLASSES * IPC).reshape(4, CLASSES * IPC, 3, SIDE, SIDE)[:, rows].flatten(0, 1)  # real images of cells, cell by cell
    cells = [F.interpolate(batch[:, :, k // 2 * 8:k // 2 * 8 + 8, k % 2 * 8:k % 2 * 8 + 8], (SIDE, SIDE), mode="bilinear", align_corners=False) for k in range(4)]
    return (net.features(torch.cat(cells)) - net.features(of)).abs().mean(1).sum()


out = {}


def put(names, **terms):
    for name in names.split():
        out[name] = {k: float(v[0]) for k, v in terms.items()} | {"total": float(sum(v[0] * v[1] for v in terms.values()))}


with torch.no_grad():
    put("sre2l sre2l++ cv-dd fadrm fadrm+ reta nrr-dd delt", ce=(cross_entropy(across), 1), bn=(bn_loss(CLASSES), 0.01))
    put("edc", ce=(cross_entropy(by_class), 1), stats=(stats_loss(by_class.tolist(), 0.5), 0.01))
    put("g-vbsm", ce=(cross_entropy(by_class), 1), stats=(stats_loss(by_class.tolist(), 0), 0.01), densify=(densify_loss(by_class), 1))
    out["wmdd"] = {"ce": float(cross_entropy(by_class)), "barycentre": float(barycentre_loss()), "class-bn": float(class_bn_loss(by_class))}
    out["wmdd"]["total"] = out["wmdd"]["ce"] + out["wmdd"]["barycentre"] + 500 * out["wmdd"]["class-bn"]
    put("cim", mosaic=(mosaic_loss(), 1))
(HERE / "losses.json").write_text(json.dumps(out, indent=1) + "\n")
