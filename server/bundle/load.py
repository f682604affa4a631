#!/usr/bin/env python3
"""Train a PyTorch network on the images of this bundle and their soft labels: python load.py [--test FOLDER]
FOLDER holds test images in folders named like those in train/. Needs PyTorch, numpy, Pillow and safetensors.
The views that the teachers labelled are drawn again: the same numbers (Philox4x32-10), crops, flips and mixtures."""
import argparse, json, math, os, numpy as np, torch
from PIL import Image
from safetensors import safe_open
from torch import nn
HERE = os.path.dirname(os.path.abspath(__file__))
F, TEMPERATURE, LR, DECAY = nn.functional, 20, 1e-3, 0.01
HARD = dict(seed=42, batch=16, last="keep", shuffle=1, pad=0, area=[0.08, 1], ratio=[3 / 4, 4 / 3], round=True, flip=0.5, mix="none")

def philox(seed, stream, first, blocks):  # Words 4 first, 4 first + 1, ... of a stream, four a block
    low, shift, i = np.uint64(0xFFFFFFFF), np.uint64(32), np.arange(first, first + blocks, dtype=np.uint64)
    c = [i & low, i >> shift, np.full_like(i, stream), np.zeros_like(i)]
    for r in range(10):
        k0, k1 = (np.uint64((s + w * r) & 0xFFFFFFFF) for s, w in ((seed, 0x9E3779B9), (seed >> 32, 0xBB67AE85)))
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [b >> shift ^ c[1] ^ k0, b & low, a >> shift ^ c[3] ^ k1, a & low]
    return np.stack(c, 1).reshape(-1)

class Draws:  # The numbers of a stream from number 1 on; parts (epoch, batch, image) change its seed, by a step of splitmix64 each
    def __init__(self, seed, stream, *parts):
        for part in parts:
            z = ((seed ^ part) + 0x9E3779B97F4A7C15) % 2**64
            z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
            z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
            seed = z ^ z >> 31
        self.seed, self.stream, self.words, self.at = seed, stream, np.empty(0, np.uint64), 0
    def word(self):
        self.at += 1
        if self.at >= len(self.words):
            have = len(self.words) // 4
            self.words = np.concatenate([self.words, philox(self.seed, self.stream, have, max(8, have))])
        return int(self.words[self.at])
    def uniform(self, lo=0.0, hi=1.0): return lo + (hi - lo) * ((self.word() >> 8) * 2.0**-24)
    def below(self, n): return self.word() * n >> 32
    def permutation(self, n):
        p = list(range(n))
        for i in range(n):
            j = self.below(i + 1)
            p[i], p[j] = p[j], i
        return p

def crop(d, side, area, ratio):  # torchvision's RandomResizedCrop: top, left, height, width
    for _ in range(10):
        a, r = side * side * d.uniform(*area), math.exp(d.uniform(math.log(ratio[0]), math.log(ratio[1])))
        w, h = round(math.sqrt(a * r)), round(math.sqrt(a / r))
        if 0 < w <= side and 0 < h <= side:
            return d.below(side - h + 1), d.below(side - w + 1), h, w
    h, w = max(1, round(side / max(1, ratio[0]))), max(1, round(side * min(1, ratio[1])))
    return (side - h) // 2, (side - w) // 2, h, w

def view(image, d, s):  # One view of an image [side, side, 3] of bytes: [3, side, side] from 0 to 255
    side, k, p = len(image), s["shuffle"], s["pad"]
    assert not s.get("rand_augment"), "views of RandAugment are not drawn here: train with server evaluate"
    if k > 1:
        columns, rows = (np.concatenate([np.arange(i * side // k, (i + 1) * side // k) for i in d.permutation(k)]) for _ in range(2))
        image = image[rows][:, columns]
    if p > 0:
        down, right = d.below(2 * p + 1), d.below(2 * p + 1)
        image = np.pad(image, ((p, p), (p, p), (0, 0)))[down:down + side, right:right + side]
    elif s["area"] != [1, 1] or s["ratio"] != [1, 1]:
        top, left, h, w = crop(d, side, s["area"], s["ratio"])
        image = image[top:top + h, left:left + w]
        if s["round"]:
            image = np.asarray(Image.fromarray(np.ascontiguousarray(image)).resize((side, side), Image.BILINEAR))
    x = torch.from_numpy(image.astype(np.float32)).permute(2, 0, 1)
    if x.shape[1:] != (side, side):
        x = F.interpolate(x[None], (side, side), mode="bilinear", align_corners=False)[0]
    return x.flip(2) if d.uniform() < s["flip"] else x

def weight(d, a):  # lambda ~ Beta(a, a)
    for _ in range(10000 if a != 1 else 0):
        x, y = d.uniform() ** (1 / a), d.uniform() ** (1 / a)
        if 0 < x + y <= 1:
            return x / (x + y)
    return d.uniform() if a == 1 else 0.5

def batches(images, s, epoch):  # The batches of a labelled epoch: indices and views [n, 3, side, side] from 0 to 255
    n, side, size = len(images), len(images[0]), s["batch"]
    order = Draws(s["seed"], 1, epoch).permutation(n)
    for b in range(n // size if s["last"] == "drop" else -(-n // size)):
        index = order[b * size:(b + 1) * size]
        x = torch.stack([view(images[i], Draws(s["seed"], 2, epoch, i), s) for i in index])
        if s["mix"] != "none":
            d = Draws(s["seed"], 3, epoch, b)
            share = weight(d, s["mix_beta"])
            cut = s["mix"] == "cutmix" and (d.below(side), d.below(side), int(side * math.sqrt(1 - share)))
            other = x[d.permutation(len(index))]
            if cut:
                before, after = cut[2] // 2, (cut[2] + (s["box"] == "exact")) // 2
                across, down = (slice(max(0, c - before), min(side, c + after)) for c in cut[:2])
                x[:, :, down, across] = other[:, :, down, across]
            else:
                x = share * x + (1 - share) * other
        yield index, x

def logits(m, epoch):  # The soft labels of an epoch, float [images, classes]
    shard = next(f for f in m["shards"] if epoch < f["epochs"][1])
    with safe_open(f"{HERE}/labels/{shard['file']}", "pt") as f:
        get = lambda part="": f.get_tensor(f"epoch.{epoch:04d}{part}")
        if m["labels"]["bits"] == 8:
            low, high = get(".range").split(1, dim=1)
            return low + (high - low) * get(".codes").float() / 255
        if 0 < m["labels"]["top_k"] < len(m["classes"]):
            return get(".rest").float()[:, None].repeat(1, len(m["classes"])).scatter(1, get(".index").long(), get(".values").float())
        return get().float()

def convnet(classes, side, width=128):  # ConvNet-3: three blocks of convolution, instance norm, ReLU and average pooling; then a linear layer
    block = lambda c: [nn.Conv2d(c, width, 3, padding=1), nn.GroupNorm(width, width), nn.ReLU(), nn.AvgPool2d(2)]
    return nn.Sequential(*block(3), *block(width), *block(width), nn.Flatten(), nn.Linear(width * (side // 8)**2, classes))

def read(path, size=None):  # The bytes of an image [side, side, 3]
    return np.asarray(Image.open(path).convert("RGB").resize((size, size)) if size else Image.open(path).convert("RGB"))

def part(name, _, k, factor):  # The bytes of an image or, where it holds several, of the k-th of them, enlarged
    image = read(f"{HERE}/{name}")
    side = len(image) // factor
    down, across = (slice(i * side, (i + 1) * side) for i in divmod(int(k or 0), factor))
    return np.asarray(Image.fromarray(image[down, across]).resize((len(image),) * 2, Image.BILINEAR)) if k else image

def load():  # The manifest, that of the soft labels (None without any), the images as bytes, the class of each
    bundle = json.load(open(f"{HERE}/manifest.json", encoding="utf-8"))
    folders = [c["folder"] for c in bundle["classes"]]
    soft = json.load(open(f"{HERE}/labels/manifest.json", encoding="utf-8")) if bundle.get("labels") else None
    recipe = bundle.get("recipe") or {}
    factor = recipe["init"]["factor"] if recipe.get("match", {}).get("by") == "gradient" else 1  # an image holds so many along each axis
    parts = [f"#{k}" for k in range(factor**2)] if factor > 1 else [""]
    names = soft["images"] if soft else [f"train/{f}/{n}{k}" for f in folders for n in sorted(os.listdir(f"{HERE}/train/{f}")) for k in parts]
    return bundle, soft, [part(*n.partition("#"), factor) for n in names], torch.tensor([folders.index(n.split("/")[1]) for n in names])

def main(epochs, seed, test):
    bundle, soft, images, target = load()
    torch.manual_seed(seed)
    s, stored = (soft["labels"], soft["labels"]["epochs"]) if soft else (HARD, 300)
    mean, std = (torch.tensor(bundle[k]).view(1, 3, 1, 1) for k in ("mean", "std"))
    net, epochs = convnet(len(bundle["classes"]), bundle["size"]), epochs or stored
    opt = torch.optim.AdamW([dict(params=[w for w in net.parameters() if (w.ndim > 1) == m], weight_decay=DECAY * m) for m in (True, False)], lr=LR)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(opt, epochs)
    for e in range(epochs):
        at = e if e < stored else Draws(s["seed"], 4, e // stored).permutation(stored)[e % stored]
        table, total = soft and F.softmax(logits(soft, at) / TEMPERATURE, 1), 0.0
        for index, x in batches(images, s, at):
            y = net((x / 255 - mean) / std)
            loss = F.kl_div(F.log_softmax(y / TEMPERATURE, 1), table[index], reduction="batchmean") if soft else F.cross_entropy(y, target[index])
            opt.zero_grad(), loss.backward(), opt.step()
            total += loss.item() * len(index) / len(images)
        schedule.step(), print(f"epoch {e + 1} of {epochs}: loss {total:.5f}", flush=True)
    if test:
        files = [(f"{test}/{c['folder']}/{n}", i) for i, c in enumerate(bundle["classes"]) for n in sorted(os.listdir(f"{test}/{c['folder']}"))]
        one = lambda path: (torch.from_numpy(read(path, bundle["size"]).astype(np.float32)).permute(2, 0, 1)[None] / 255 - mean) / std
        print(f"top-1 {100 * np.mean([net(one(f)).argmax().item() == i for f, i in files]):.1f} % of {len(files)} test images")

if __name__ == "__main__":
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--epochs", type=int), p.add_argument("--seed", type=int, default=1), p.add_argument("--test")
    main(**vars(p.parse_args()))
