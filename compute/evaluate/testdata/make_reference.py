"""Makes the reference numbers of this folder with PyTorch in float64 (see README.md), but for table2.safetensors.

    python3 make_reference.py

The product and its tests need neither Python nor this script.
"""

import json
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / "models" / "testdata"))
import make_reference as models  # noqa: E402  of the networks: uniform numbers, weights by formula, files

models.HERE = HERE
MEAN, STD = (torch.tensor(v, dtype=torch.float64).view(1, 3, 1, 1) for v in ((0.5071, 0.4867, 0.4408), (0.2675, 0.2565, 0.2761)))
CLASSES, SIDE, IMAGES, BATCH, STEPS, KEPT = 10, 16, 28, 12, 20, (1, 2, 5, 20)
LR, ETA, T, DECAY, EPOCHS = 1e-3, 2, 20, 0.01, 7  # three steps an epoch, of 12, 12 and 4 images


def convnet3(width=128):
    layers, channels = [], 3
    for _ in range(3):
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.GroupNorm(width, width, affine=True), nn.ReLU(True), nn.AvgPool2d(2)]
        channels = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width * (SIDE // 8) ** 2, CLASSES)).double()


def network(kind):
    return convnet3() if kind == "convnet3" else models.resnet(kind, CLASSES, cifar=True)


def images(side, square, dtype):
    """Squares of one colour."""
    grid = side // square
    pixels = np.floor(256 * models.uniform(77, IMAGES * grid * grid * 3)).reshape(IMAGES, grid, grid, 3).repeat(square, 1).repeat(square, 2)
    return ((torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255 - MEAN) / STD).to(dtype)


def steps(model, dtype, side=SIDE, square=1, rate=LR, at=lambda epoch, b, first: None):
    """The steps of a student: two micro-batches of six, KL at T 20 divided by two, AdamW with decay on matrices only. at is called before
    each pass with epoch, batch and the pass's first image in it. Gives after each step its number, loss and rate."""
    x = images(side, square, dtype)
    decayed, plain = [p for p in model.parameters() if p.ndim > 1], [p for p in model.parameters() if p.ndim <= 1]
    adam = torch.optim.AdamW([{"params": decayed, "weight_decay": DECAY}, {"params": plain, "weight_decay": 0.0}], lr=rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(adam, lambda e: 0.5 * (1.0 + math.cos(math.pi * e / EPOCHS / ETA)))
    for step in range(STEPS):
        epoch, b = divmod(step, 3)
        index = torch.arange(b * BATCH, min((b + 1) * BATCH, IMAGES))
        logits = torch.from_numpy(np.float32(20 * models.uniform(200 + epoch, IMAGES * CLASSES) - 10).astype(np.float64).reshape(IMAGES, CLASSES)).to(dtype)
        adam.zero_grad()
        total = 0.0
        for part in index.split(BATCH // 2):
            at(epoch, b, part[0].item() - b * BATCH)
            loss = F.kl_div(F.log_softmax(model(x[part]) / T, 1), F.softmax(logits[part] / T, 1), reduction="batchmean") / 2
            loss.backward()
            total += loss.item()
        rate = adam.param_groups[0]["lr"]
        adam.step()
        if b == 2:
            schedule.step()
        yield step + 1, total, rate


def train(kind, dtype):
    with torch.no_grad():
        model = models.formula_weights(network(kind)).to(dtype).train()
    before = {k: v.detach().clone() for k, v in model.named_parameters()}
    # a bias before an instance norm has no gradient but rounding, which Adam makes a whole step of
    names = [k for k, p in model.named_parameters() if not (kind == "convnet3" and k in ("0.bias", "4.bias", "8.bias"))]
    out, losses, rates = {}, [], []

    def rows(key, tensors):
        out[f"{key}_norm"] = torch.stack([torch.linalg.vector_norm(t.double()) for t in tensors]).detach()
        out[f"{key}_first8"] = torch.stack([t.flatten()[:8] for t in tensors]).detach().double()

    for step, loss, rate in steps(model, dtype):
        losses.append(loss)
        rates.append(rate)
        moved = [(k, p) for k, p in model.named_parameters() if k in names]
        if step == 1:
            rows("step1_gradient", [p.grad for _, p in moved])
        if step in KEPT:
            rows(f"step{step}_update", [p - before[k] for k, p in moved])
            rows(f"step{step}_parameter", [p for _, p in moved])
            if running := [v for k, v in model.named_buffers() if "running" in k]:
                rows(f"step{step}_running", running)
    out["losses"], out["rates"] = torch.tensor(losses, dtype=torch.float64), torch.tensor(rates, dtype=torch.float64)
    return out, (names, [k for k, _ in model.named_buffers() if "running" in k])


def kl():
    """KL and its gradient for logits that test its last digits."""
    student, teacher = (torch.from_numpy((60 * models.uniform(s, 5 * 7) - 30).reshape(5, 7)) for s in (301, 302))
    student.requires_grad_()
    loss = F.kl_div(F.log_softmax(student / T, 1), F.softmax(teacher / T, 1), reduction="batchmean")
    loss.backward()
    return {"kl": loss.detach()[None], "kl_gradient": student.grad}


if __name__ == "__main__":
    print(f"PyTorch {torch.__version__}")
    torch.set_num_threads(1)
    for kind in ("resnet18", "convnet3"):
        out, (parameters, running) = train(kind, torch.float64)
        single, _ = train(kind, torch.float32)
        off = {"losses": ((single["losses"] - out["losses"]).abs() / out["losses"]).max().item()}
        for key in [k for k in out if k.endswith("_norm")]:
            first = key.replace("norm", "first8")
            off[key] = ((single[key] - out[key]).abs() / out[key]).max().item()
            off[first] = ((single[first] - out[first]).square().mean(1).sqrt() / out[first].square().mean(1).sqrt()).max().item()
        print(kind, {k: f"{v:.1e}" for k, v in off.items()})
        models.write_tensors(f"{kind}.safetensors", out, parameters=json.dumps(parameters), running=json.dumps(running), float32=json.dumps(off))
    models.write_tensors("kl.safetensors", kl())
