"""Draws the views of a set of images as package label does, in Python's own arithmetic: docs/labels.md says how.

usage: views.py            prints the views of the golden test
"""
import math

M64 = (1 << 64) - 1
ORDER, IMAGE, BATCH, REUSE = 1, 2, 3, 4  # streams


def philox(counter, key):
    """Philox4x32-10 (Salmon et al. 2011)."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def mix(z):
    """A step of splitmix64 (Steele et al. 2014)."""
    z = (z + 0x9E3779B97F4A7C15) & M64
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & M64
    return z ^ z >> 31


class Draws:
    """The numbers of one stream, one after the other."""

    def __init__(self, seed, stream, *parts):
        for p in parts:
            seed = mix(seed ^ p)
        self.seed, self.stream, self.at = seed, stream, 0

    def word(self):
        self.at += 1
        block = self.at // 4
        return philox((block & 0xFFFFFFFF, block >> 32, self.stream, 0), (self.seed & 0xFFFFFFFF, self.seed >> 32))[self.at % 4]

    def uniform(self, lo=0.0, hi=1.0):
        return lo + (hi - lo) * ((self.word() >> 8) * 2.0 ** -24)

    def below(self, n):
        return self.word() * n >> 32

    def perm(self, n):
        p = list(range(n))
        for i in range(n):
            j = self.below(i + 1)
            p[i], p[j] = p[j], i
        return p


def crop(d, side, area, ratio):
    """Top, left, height and width of torchvision's RandomResizedCrop."""
    for _ in range(10):
        a = side * side * d.uniform(*area)
        r = math.exp(d.uniform(math.log(ratio[0]), math.log(ratio[1])))
        w, h = round(math.sqrt(a * r)), round(math.sqrt(a / r))
        if 0 < w <= side and 0 < h <= side:
            return (d.below(side - h + 1), d.below(side - w + 1), h, w)
    return (0, 0, side, side)  # of a square image, where the ratio 1 is allowed


def beta(d, a):
    if a == 1:
        return d.uniform()
    for _ in range(10000):
        x, y = d.uniform() ** (1 / a), d.uniform() ** (1 / a)
        if 0 < x + y <= 1:
            return x / (x + y)
    return 0.5


def changes(d, magnitude, side):
    """RandAugment's two operations: torchvision's names and amounts of 31 bins."""
    space = {"Identity": None, "ShearX": .3, "ShearY": .3, "TranslateX": 150 / 331 * side, "TranslateY": 150 / 331 * side, "Rotate": 30,
             "Brightness": .9, "Color": .9, "Contrast": .9, "Sharpness": .9, "Posterize": None, "Solarize": None, "AutoContrast": None, "Equalize": None}
    out = []
    for _ in range(2):
        op = list(space)[d.below(len(space))]
        amount = {"Posterize": 8 - round(magnitude / 7.5), "Solarize": 255 - 255 * magnitude / 30}.get(op, 0)
        if space[op] is not None:
            amount = space[op] * magnitude / 30
            if d.below(2) == 1:
                amount = -amount
        out.append((op, amount))
    return out


def order(labels, images, epoch):
    return Draws(labels["seed"], ORDER, epoch).perm(images)


def view(labels, images, side, epoch, b):
    index = order(labels, images, epoch)[b * labels["batch"]:(b + 1) * labels["batch"]]
    v = {"index": index, "changes": [], "strips": [], "boxes": [], "shifts": [], "partner": list(range(len(index))), "lambda": 1.0, "cut": (0, 0, 0, 0)}
    pad, whole = labels["pad"], tuple(labels["area"]) == tuple(labels["ratio"]) == (1, 1)
    for image in index:
        d = Draws(labels["seed"], IMAGE, epoch, image)
        if labels["rand_augment"] > 0:
            v["changes"].append(changes(d, labels["rand_augment"], side))
        if labels["shuffle"] > 1:
            v["strips"] += d.perm(labels["shuffle"]) + d.perm(labels["shuffle"])
        if pad > 0 or whole:
            shift = (d.below(2 * pad + 1) - pad, d.below(2 * pad + 1) - pad) if pad > 0 else (0, 0)
            v["shifts"].append(shift + (d.uniform() < labels["flip"],))
        else:
            box = crop(d, side, labels["area"], labels["ratio"])
            v["boxes"].append(box + (d.uniform() < labels["flip"],))
    if labels["mix"] != "none":
        d = Draws(labels["seed"], BATCH, epoch, b)
        v["lambda"] = beta(d, labels["mix_beta"])
        if labels["mix"] == "cutmix":
            x, y = d.below(side), d.below(side)
            cut = int(side * math.sqrt(1 - v["lambda"]))
            before = after = cut // 2
            if labels["box"] == "exact":
                after = cut - before
            left, right, top, bottom = max(0, x - before), min(side, x + after), max(0, y - before), min(side, y + after)
            v["cut"] = (top, left, bottom - top, right - left)
        v["partner"] = d.perm(len(index))
    return v


if __name__ == "__main__":
    published = dict(seed=42, batch=16, rand_augment=0, area=(.08, 1), ratio=(3 / 4, 4 / 3), pad=0, flip=.5, shuffle=1, mix="cutmix", mix_beta=1, box="even")
    v = view(published, 10, 32, 7, 0)
    print(v, v["lambda"] * 2 ** 24)
    print(view(dict(published, shuffle=4, pad=4, mix="mixup", mix_beta=.8), 3, 32, 7, 0))
    print(view(dict(published, rand_augment=9, mix="none"), 3, 32, 7, 0))
