"""Makes networks.safetensors and networks_step.safetensors of this folder with PyTorch and torchvision in float64 (see README.md).

    python3 make_networks.py [NETWORK/STEM ...]

The product and its tests need neither Python nor this script.
"""

import itertools
import json
import math
import sys

import numpy as np
import torch
import torchvision
from torch import nn
from torchvision.models.densenet import _DenseBlock
from torchvision.ops import StochasticDepth

from make_reference import HERE, ConvNet, Losses, images, read_tensors, resnet, uniform, write_tensors

CLASSES, PROJECTIONS = 10, 32


# weights by formula --------------------------------------------------------------------------------------------------

def fnv(text):
    h = 2166136261
    for byte in text.encode():
        h = (h ^ byte) * 16777619 % 2**32
    return h


def named_weights(model):
    """Every tensor from u = uniform(fnv(name)), rounded to float32, whatever the order of the state_dict."""
    with torch.no_grad():
        for name, t in model.state_dict().items():
            if not t.is_floating_point():  # num_batches_tracked, relative_position_index
                continue
            u, shape = uniform(fnv(name), t.numel()), tuple(t.shape)
            if t.dim() > 1:
                v = (2 * u - 1) * math.sqrt(6 / math.prod(shape[1:]))
            elif name.endswith("running_var"):
                v = 0.5 + u
            elif name.endswith(".weight"):
                v = 0.5 + 0.5 * u
            else:
                v = (2 * u - 1) * 0.1
            t.copy_(torch.from_numpy(v.astype(np.float32).astype(np.float64).reshape(shape)))
    return model


# the networks for 32 and 64 px ---------------------------------------------------------------------------------------

def small_densenet(kind, classes):
    model = getattr(torchvision.models, kind)(num_classes=classes)
    model.features.conv0 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    for layer in ("norm0", "relu0", "pool0"):
        delattr(model.features, layer)

    def forward(self, x):
        parts = [x]
        for layer in self.values():
            parts.insert(0, layer(parts))
        return torch.cat(parts, 1)

    for block in model.features:
        if isinstance(block, _DenseBlock):
            block.forward = forward.__get__(block)
    return model


def unit(cin, cout, kernel=1, stride=1, groups=1):
    return nn.Sequential(nn.Conv2d(cin, cout, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(cout), nn.ReLU())


class SmallBlock(nn.Module):
    def __init__(self, cin, cout, expansion, stride):
        super().__init__()
        inside = cin * expansion
        self.conv = nn.Sequential(unit(cin, inside), unit(inside, inside, 3, stride, inside), nn.Conv2d(inside, cout, 1, bias=False), nn.BatchNorm2d(cout))
        self.stride = stride
        if stride == 1 and cin != cout:
            self.shortcut = nn.Sequential(nn.Conv2d(cin, cout, 1, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        if self.stride == 2:
            return self.conv(x)
        return self.conv(x) + (self.shortcut(x) if hasattr(self, "shortcut") else x)


class SmallMobileNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        layers, cin = [unit(3, 32, 3)], 32
        for expansion, cout, blocks, stride in ((1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)):
            for k in range(blocks):
                layers.append(SmallBlock(cin, cout, expansion, stride if k == 0 else 1))
                cin = cout
        self.features = nn.Sequential(*layers, unit(cin, 1280))
        self.classifier = nn.Sequential(nn.Identity(), nn.Linear(1280, classes))

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


def shufflenet(kind, classes, small):
    model = getattr(torchvision.models, kind)(num_classes=classes)
    if small:
        model.conv1[0].stride, model.maxpool = (1, 1), nn.Identity()
    return model


def convnet(depth, size, width=128, norm=False):
    model = ConvNet(CLASSES, width, depth, size)
    if norm:
        for block in range(depth):
            model.features[4 * block + 1] = nn.BatchNorm2d(width)
    return model


def efficientnet(kind, classes, small):
    model = getattr(torchvision.models, kind)(num_classes=classes)
    if small:
        model.features[0][0].stride = (1, 1)
    return model


def counted(name, stem, classes, size=32):
    """The network with so many classes; ConvNets for images of that size."""
    small = stem == "cifar"
    if name.startswith("resnet") or name.startswith("wide"):
        return resnet(name.replace("-", "_"), classes, small)
    if name.startswith("densenet"):
        return small_densenet(name, classes) if small else getattr(torchvision.models, name)(num_classes=classes)
    if name == "mobilenetv2":
        return SmallMobileNet(classes) if small else torchvision.models.mobilenet_v2(num_classes=classes)
    if name.startswith("shufflenet"):
        return shufflenet(name.replace("-", "_").replace(".", "_").replace("netv2", "net_v2"), classes, small)
    if name.startswith("efficientnet"):
        return efficientnet(name.replace("-", "_"), classes, small)
    if name.startswith("alexnet"):
        model = torchvision.models.alexnet(num_classes=classes)
        if name == "alexnet-narrow":
            model.classifier[1], model.classifier[4], model.classifier[6] = nn.Linear(9216, 64), nn.Linear(64, 64), nn.Linear(64, classes)
        return model
    return {"convnet5": lambda: convnet(5, size), "convnet3-bn": lambda: convnet(3, size, norm=True), "convnet2-w32": lambda: convnet(2, size, 32)}[name]()


# name/stem: side of the images; side and number of those of a training step, 0 for none
NETWORKS = {
    "mobilenetv2/cifar": (32, 16, 4), "shufflenetv2-x0.5/cifar": (32, 16, 4), "densenet121/cifar": (16, 16, 4),
    "mobilenetv2/imagenet": (64, 64, 4), "shufflenetv2-x1.0/imagenet": (64, 64, 4), "densenet121/imagenet": (64, 0, 0),
    "shufflenetv2-x1.0/cifar": (16, 0, 0), "shufflenetv2-x0.5/imagenet": (64, 0, 0), "densenet169/imagenet": (64, 0, 0),
    "densenet201/imagenet": (64, 0, 0), "densenet169/cifar": (16, 0, 0), "densenet201/cifar": (16, 0, 0),
    "wide-resnet50-2/imagenet": (64, 0, 0), "wide-resnet50-2/cifar": (16, 0, 0), "resnet101/imagenet": (64, 0, 0), "resnet101/cifar": (16, 0, 0),
    "efficientnet-b0/imagenet": (64, 64, 4), "efficientnet-b0/cifar": (32, 0, 0),
    "alexnet/imagenet": (96, 0, 0), "alexnet-narrow/imagenet": (96, 64, 2), "convnet5/cifar": (32, 0, 0), "convnet3-bn/cifar": (32, 16, 4), "convnet2-w32/cifar": (16, 0, 0),
}


# masks of dropout and stochastic depth --------------------------------------------------------------------------------

MASKS = (71, 5, 65536, 9)  # seed lo, seed hi, stream, step, as nn.RNG.SeedAt has them


def philox(counter, key):
    """Philox4x32-10 of counters [n,4]."""
    c, key = [counter[:, i].astype(np.uint64) for i in range(4)], list(key)
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    for _ in range(10):
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(b >> half) ^ c[1] ^ np.uint64(key[0]), b & low, (a >> half) ^ c[3] ^ np.uint64(key[1]), a & low]
        key = [(key[0] + 0x9E3779B9) % 2**32, (key[1] + 0xBB67AE85) % 2**32]
    return np.stack(c, 1)


def mask(name, n, p, seed=MASKS):
    """The mask of that name, as nn.Masks draws it: 0 or 1/(1-p)."""
    counter = np.zeros(((n + 3) // 4, 4), np.uint64)
    counter[:, 0], counter[:, 1], counter[:, 2] = np.arange(len(counter)), seed[3], (seed[2] + fnv(name)) % 2**32
    u = (philox(counter, seed[:2]).reshape(-1)[:n] >> np.uint64(8)).astype(np.float32) / np.float32(2**24)
    return torch.from_numpy(np.where(u >= np.float32(p), 1 / (1 - p), 0))


def masked(model, part, seed=lambda: MASKS, first=lambda: 0):
    """Gives the random layers the masks that the engine draws: part() is what comes before a layer's name, "NETWORK/"; first() images of
    the masks belong to passes before."""
    def times(x, name, p, per_image):
        skip = first() * per_image
        return x * mask(part() + name, skip + len(x) * per_image, p, seed())[skip:].to(x.dtype).reshape([len(x)] + (list(x.shape[1:]) if per_image > 1 else [1] * (x.dim() - 1)))

    def dropout(name, m):
        m.forward = lambda x: times(x, name, m.p, x[0].numel())

    def depth(block, m):
        swin = hasattr(model.get_submodule(block), "attn")
        names = itertools.cycle(["attn", "mlp"] if swin else ["block"])  # what is left out, in the order of the calls
        m.forward = lambda x: times(x, f"{block}.{next(names)}", m.p, 1)

    for name, m in model.named_modules():
        if isinstance(m, nn.Dropout) and m.p > 0:
            dropout(name, m)
        elif isinstance(m, StochasticDepth) and m.p > 0:
            depth(name.rsplit(".", 1)[0], m)


# what is measured ----------------------------------------------------------------------------------------------------

class Terms:
    """Cross-entropy and L_BN of a network in eval mode, the terms by layer's name."""

    def __init__(self, model):
        self.model, self.terms = model, {}
        for name, m in model.named_modules():
            if isinstance(m, nn.BatchNorm2d):
                m.register_forward_hook(lambda m, i, o, name=name: self.statistics(m, i[0], name))

    def statistics(self, m, x, name):
        mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
        self.terms[name] = (torch.linalg.vector_norm(m.running_var - var), torch.linalg.vector_norm(m.running_mean - mean))

    def __call__(self, x, labels):
        self.terms = {}
        self.logits = self.model(x)
        sums = [v + m for v, m in self.terms.values()]
        self.bn = 9 * sums[0] + sum(sums) if sums else torch.zeros(())
        self.ce = nn.functional.cross_entropy(self.logits, labels)
        return self.ce + 0.01 * self.bn


def shaken(model, noise):
    """Adds noise to what every ReLU reads, relative to its deviation; returns the hooks."""
    random = torch.Generator().manual_seed(1)
    shake = lambda m, i: (i[0] + noise * i[0].std() * torch.randn(i[0].shape, generator=random, dtype=i[0].dtype),)
    return [m.register_forward_pre_hook(shake) for m in model.modules() if isinstance(m, (nn.ReLU, nn.ReLU6))]


def gradient(model, x, labels, shake=False):
    """Loss and its gradient to the pixels."""
    hooks = shaken(model, 1e-6) if shake else []
    terms, x = Terms(model), x.clone().requires_grad_()
    total = terms(x, labels)
    (g,) = torch.autograd.grad(total, x)
    for h in hooks:
        h.remove()
    for m in model.modules():
        m._forward_hooks.clear()
    return terms, total, g


def off(a, b):
    return (torch.linalg.vector_norm(a.double() - b) / torch.linalg.vector_norm(b)).item()


def projections(g):
    """Scalar products with vectors of +1 and -1: element i of vector k is +1 where uniform(5000 + k)[i] >= 0.5."""
    flat = g.permute(0, 2, 3, 1).reshape(-1).numpy()
    return np.array([flat @ np.where(uniform(5000 + k, flat.size) >= 0.5, 1.0, -1.0) for k in range(PROJECTIONS)])


def steadiest(model, size, count):
    """The seed, among the first ones, whose gradient moves least under noise of 1e-6."""
    labels, best = torch.tensor([3, 7]), (math.inf, 0)
    for seed in range(1, count + 1):
        x = images(seed, 2, size)
        _, _, g = gradient(model, x, labels)
        best = min(best, (off(gradient(model, x, labels, True)[2], g), seed))
    return best


def pixels(key, size):
    name, stem = key.split("/")
    model, labels = named_weights(counted(name, stem, CLASSES, size).double()).eval(), torch.tensor([3, 7])
    moves, seed = steadiest(model, size, 8)
    x = images(seed, 2, size)
    terms, total, g = gradient(model, x, labels)
    tensors = {"ce": terms.ce[None], "bn": terms.bn[None], "total": total[None], "logits": terms.logits,
               "gradient_norm": torch.linalg.vector_norm(g)[None], "gradient_projections": projections(g)}
    layers = sorted(terms.terms)
    if layers:
        tensors["bn_var"], tensors["bn_mean"] = (torch.stack([terms.terms[k][i] for k in layers]) for i in (0, 1))
    _, _, single = gradient(model.float(), x.float(), labels)
    print(f"{key}: seed {seed}, gradient moves by {moves:.1e} under noise, float32 is off by {off(single, g):.1e}, ce {terms.ce.item():.4g}, "
          f"L_BN {terms.bn.item():.4g}", flush=True)
    return {f"{key}/{k}": v for k, v in tensors.items()}, {"seed": seed, "size": size, "layers": layers}


def step(key, size, batch):
    """Gradient to the weights in train mode and running statistics after it."""
    name, stem = key.split("/")
    masks = name.startswith(("efficientnet", "alexnet")) or key == "mobilenetv2/imagenet"
    labels = torch.arange(batch) * 3 % CLASSES

    def run(seed, dtype=torch.float64, shake=False):
        model = named_weights(counted(name, stem, CLASSES, size).double()).to(dtype).train()
        if masks:
            masked(model, lambda: name + "/")
        if shake:
            shaken(model, 3e-7)
        loss = nn.functional.cross_entropy(model(images(seed, batch, size).to(dtype)), labels)
        loss.backward()
        return loss, {"gradient": {k: p.grad for k, p in model.named_parameters()}, "running": {k: b for k, b in model.named_buffers() if "running" in k}}

    def first(t):  # eight elements, zeros where there are fewer
        return nn.functional.pad(t.flatten()[:8], (0, max(0, 8 - t.numel())))

    flat = lambda tensors: torch.cat([g.flatten() for g in tensors["gradient"].values()])
    moves, seed = min((off(flat(run(seed, shake=True)[1]), flat(run(seed)[1])), seed) for seed in range(1, 13))
    loss, tensors = run(seed)
    _, single = run(seed, torch.float32)
    norms = {k: torch.linalg.vector_norm(g).item() for k, g in tensors["gradient"].items()}
    names = {what: sorted(rows) for what, rows in tensors.items()}
    # a shift that the next batch norm takes away again has no gradient
    names["zero"] = [k for k in names["gradient"] if norms[k] < 1e-10 * max(norms.values())]
    names["gradient"] = [k for k in names["gradient"] if k not in names["zero"]]
    out = {"loss": loss.detach()[None]}
    for what in ("gradient", "running"):
        if rows := [tensors[what][k].detach() for k in names[what]]:
            norm = out[f"{what}_norm"] = torch.stack([torch.linalg.vector_norm(t) for t in rows])
            first8 = out[f"{what}_first8"] = torch.stack([first(t) for t in rows])
            rms = torch.maximum(norm / torch.tensor([t.numel() for t in rows]).sqrt(), torch.linalg.vector_norm(first8, dim=1) / 8**0.5)
            apart = torch.stack([torch.linalg.vector_norm(first(single[what][k].detach()) - f) for k, f in zip(names[what], first8)]) / 8**0.5 / rms
            print(f"{key} step: seed {seed}, gradient moves by {moves:.1e} under noise, {len(names['zero'])} zero; float32 {what}: first elements off by {apart.max().item():.1e}", flush=True)
    return {f"{key}/{k}": v for k, v in out.items()}, {"seed": seed, "batch": batch, "size": size, "moves": moves, **({"masks": MASKS} if masks else {}), **names}


def counts():
    """Parameters, batch norms and width of the networks for 32 and 64 px, of 100 and of 200 classes."""
    for key in NETWORKS:
        name, stem = key.split("/")
        if stem == "cifar" and not name.startswith("convnet"):
            sizes = [sum(p.numel() for p in counted(name, stem, classes).parameters()) for classes in (100, 200)]
            print(f"{name}: {sizes}, {sum(isinstance(m, nn.BatchNorm2d) for m in counted(name, stem, 100).modules())} batch norms")


def write(name, keys, make):
    """Adds to what the file has, so that a network can be made anew alone."""
    tensors, facts, path = {}, {}, HERE / name
    if path.exists():
        raw = path.read_bytes()
        facts = json.loads(json.loads(raw[8:8 + int.from_bytes(raw[:8], "little")])["__metadata__"]["networks"])
        tensors = read_tensors(path)
    for key in keys:
        tensors = {k: v for k, v in tensors.items() if not k.startswith(key + "/")}
        more, facts[key] = make(key)
        tensors |= more
    write_tensors(name, tensors, networks=json.dumps(facts))


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.set_num_threads(1)
    print(f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}")
    chosen = sys.argv[1:] or list(NETWORKS)
    if not sys.argv[1:]:
        counts()
    write("networks.safetensors", chosen, lambda key: pixels(key, NETWORKS[key][0]))
    write("networks_step.safetensors", [k for k in chosen if NETWORKS[k][2]], lambda key: step(key, *NETWORKS[key][1:]))
