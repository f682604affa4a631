"""Trains in PyTorch what `server squeeze --preset cv-dd` trains on the first classes of CIFAR-100, and prints the mean loss of
every epoch and the accuracy, for squeeze.md.

    python3 torch_squeeze.py cifar-100-binary.tar.gz --classes 10 --network convnet3 --epochs 10 --batch 64 --seeds 1 2 3

Adam 1e-3 with weight decay 1e-4 added to the gradient, a cosine over the epochs, images shifted by up to 4 px over black and
flipped, the last batch of an epoch left out.
"""

import argparse
import json
import tarfile

import numpy as np
import torch

from torch_step import network

MEAN = torch.tensor([0.5071, 0.4867, 0.4408]).view(1, 3, 1, 1)
STD = torch.tensor([0.2675, 0.2565, 0.2761]).view(1, 3, 1, 1)


def images(archive, name, classes):
    with tarfile.open(archive) as tar:
        member = next(m for m in tar if m.name.endswith("/" + name))
        rows = np.frombuffer(tar.extractfile(member).read(), np.uint8).reshape(-1, 3074)
    rows = rows[rows[:, 1] < classes]
    x = torch.from_numpy(rows[:, 2:].reshape(-1, 3, 32, 32).astype(np.float32)) / 255
    return x, torch.from_numpy(rows[:, 1].astype(np.int64))


def normalised(x):
    return (x - MEAN) / STD


def shifted(x, pad=4):
    padded = torch.nn.functional.pad(x, (pad, pad, pad, pad))
    out = torch.empty_like(x)
    for i in range(len(x)):
        down, right = torch.randint(0, 2 * pad + 1, (2,)).tolist()
        one = padded[i, :, down:down + 32, right:right + 32]
        out[i] = one.flip(2) if torch.rand(()) < 0.5 else one
    return normalised(out)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("archive")
    p.add_argument("--classes", type=int, default=10)
    p.add_argument("--network", default="convnet3")
    p.add_argument("--epochs", type=int, default=10)
    p.add_argument("--batch", type=int, default=64)
    p.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    p.add_argument("--threads", type=int, default=2)
    o = p.parse_args()
    torch.set_num_threads(o.threads)
    x, y = images(o.archive, "train.bin", o.classes)
    tx, ty = images(o.archive, "test.bin", o.classes)
    for seed in o.seeds:
        torch.manual_seed(seed)
        net = network(o.network, 32, o.classes)
        adam = torch.optim.Adam(net.parameters(), lr=1e-3, weight_decay=1e-4)
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, o.epochs)
        losses = []
        for _ in range(o.epochs):
            net.train()
            order, total = torch.randperm(len(x)), []
            for i in range(0, len(x) - o.batch + 1, o.batch):
                at = order[i:i + o.batch]
                loss = torch.nn.functional.cross_entropy(net(shifted(x[at])), y[at])
                adam.zero_grad()
                loss.backward()
                adam.step()
                total.append(loss.item())
            cosine.step()
            losses.append(sum(total) / len(total))
        net.eval()
        with torch.no_grad():
            top1 = (torch.cat([net(normalised(tx[i:i + 100])) for i in range(0, len(tx), 100)]).argmax(1) == ty).double().mean().item()
        print(json.dumps({"seed": seed, "network": o.network, "loss": losses, "top1": top1}), flush=True)


if __name__ == "__main__":
    main()
