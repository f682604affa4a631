"""Makes the reference numbers of this folder with PyTorch and torchvision in float64 (see README.md).

    python3 make_reference.py TEACHER.safetensors CIFAR-100-BINARY.tar.gz

The product and its tests need neither Python nor this script.
"""

import json
import math
import pathlib
import sys
import tarfile

import numpy as np
import torch
import torchvision

HERE = pathlib.Path(__file__).parent
DTYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64}


# safetensors ---------------------------------------------------------------------------------------------------------

def read_tensors(path):
    raw = pathlib.Path(path).read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:8 + length])
    header.pop("__metadata__", None)
    data = raw[8 + length:]
    return {name: torch.from_numpy(np.frombuffer(data[t["data_offsets"][0]:t["data_offsets"][1]], DTYPES[t["dtype"]])
                                   .reshape(t["shape"]).copy()) for name, t in header.items()}


def write_tensors(name, tensors, **metadata):
    header, end, blobs = {"__metadata__": {k: str(v) for k, v in metadata.items()}}, 0, []
    arrays = {k: np.ascontiguousarray(v.detach().numpy() if torch.is_tensor(v) else np.asarray(v)) for k, v in tensors.items()}
    for key in sorted(arrays, key=lambda k: (-arrays[k].dtype.itemsize, k)):
        a = arrays[key]
        dtype = next(d for d, t in DTYPES.items() if a.dtype == t)
        header[key] = {"dtype": dtype, "shape": list(a.shape), "data_offsets": [end, end + a.nbytes]}
        end += a.nbytes
        blobs.append(a.tobytes())
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    (HERE / name).write_bytes(len(text).to_bytes(8, "little") + text + b"".join(blobs))
    print(f"{name}: {8 + len(text) + end} bytes")


# inputs by formula ---------------------------------------------------------------------------------------------------

def uniform(seed, count):
    """u[i] in [0,1): the top 24 bits of splitmix64's mixing of (seed*2^32 + i + 1) times its increment."""
    with np.errstate(over="ignore"):
        z = (np.uint64(seed << 32) + np.arange(1, count + 1, dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / 2**24


def images(seed, n, size):
    """Normalised pixels 2u-1, exact in float32; u is indexed in the order [N,H,W,C]."""
    x = 2 * uniform(seed, n * size * size * 3) - 1
    return torch.from_numpy(x.reshape(n, size, size, 3)).permute(0, 3, 1, 2).contiguous()


def formula_weights(model):
    """Tensor k of the state_dict (num_batches_tracked left out) from u = uniform(1000+k), rounded to float32."""
    state, k = model.state_dict(), 0
    for name, t in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        u, shape = uniform(1000 + k, t.numel()), tuple(t.shape)
        if t.dim() > 1:  # convolution, linear: uniform of variance 2/fan_in
            v = (2 * u - 1) * math.sqrt(6 / math.prod(shape[1:]))
        elif name.endswith("running_var"):
            v = 0.5 + u
        elif name.endswith(".weight"):  # of a batch norm
            v = 0.25 + 0.5 * u
        else:  # biases, running_mean
            v = (2 * u - 1) * 0.1
        t.copy_(torch.from_numpy(v.astype(np.float32).astype(np.float64).reshape(shape)))
        k += 1
    return model


# the method ----------------------------------------------------------------------------------------------------------

def resnet(kind, classes, cifar):
    model = getattr(torchvision.models, kind)(num_classes=classes).double()
    if cifar:
        model.conv1 = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False).double()
        model.maxpool = torch.nn.Identity()
    return model


class Losses:
    """Cross-entropy and FADRM's batch-norm loss of a teacher in eval mode, and its penultimate features."""

    def __init__(self, model):
        self.model, self.terms, self.features = model, [], None
        for m in model.modules():
            if isinstance(m, torch.nn.BatchNorm2d):
                m.register_forward_hook(self.statistics)
        model.avgpool.register_forward_hook(lambda m, i, o: setattr(self, "features", o.flatten(1)))

    def statistics(self, m, inputs, output):
        x = inputs[0]
        mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
        self.terms.append((torch.linalg.vector_norm(m.running_var - var), torch.linalg.vector_norm(m.running_mean - mean)))

    def __call__(self, x, labels):
        self.terms = []
        self.logits = self.model(x)
        self.var, self.mean = (torch.stack(t) for t in zip(*self.terms))
        scale = torch.ones_like(self.var)
        scale[0] = 10
        self.bn = (scale * (self.var + self.mean)).sum()
        self.ce = torch.nn.functional.cross_entropy(self.logits, labels)
        return self.ce + 0.01 * self.bn


def nhwc(x, dtype=np.float32):
    return x.detach().permute(0, 2, 3, 1).contiguous().numpy().astype(dtype)


def gradient(losses, x, labels):
    x = x.clone().requires_grad_()
    total = losses(x, labels)
    (g,) = torch.autograd.grad(total, x)
    return g, {"labels": labels, "ce": losses.ce[None], "bn": losses.bn[None], "total": total[None], "bn_var": losses.var, "bn_mean": losses.mean,
               "logits": losses.logits, "features": losses.features,
               "gradient_norm": torch.linalg.vector_norm(g)[None], "gradient": nhwc(g)}


def report(what, model, x, labels, g):
    """How far PyTorch's own float32 is from its float64: the yardstick for ours."""
    single = Losses(model.float())
    h, _ = gradient(single, x.float(), labels)
    model.double()
    print(f"{what}: |g32 - g64| / |g64| = {(torch.linalg.vector_norm(h.double() - g) / torch.linalg.vector_norm(g)).item():.2e}")


def teacher(path, dtype=torch.float64):
    model = resnet("resnet18", 100, cifar=True)
    model.load_state_dict(read_tensors(path), strict=False)
    return model.to(dtype).eval()


def pixel_gradients(path):
    for size, n, seed in ((32, 4, 2), (64, 2, 33)):
        model, x, labels = teacher(path), images(seed, n, size), torch.tensor([3, 14, 15, 92][:n])
        g, tensors = gradient(Losses(model), x, labels)
        write_tensors(f"gradient_{size}.safetensors", tensors, seed=seed)
        report(f"gradient_{size}", teacher(path), x, labels, g)


def squeeze(path, dtype):
    """Two training steps from the teacher's weights: SGD with Nesterov momentum, batch norm in train mode."""
    model, labels = teacher(path, dtype).train(), torch.tensor([3, 14, 15, 92, 65, 35, 89, 79])
    before = {k: v.clone() for k, v in model.state_dict().items()}
    sgd = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
    out = {"labels": labels}

    def rows(key, tensors):
        out[f"{key}_norm"] = torch.stack([torch.linalg.vector_norm(t) for t in tensors]).detach().double()
        out[f"{key}_first8"] = torch.stack([t.flatten()[:8] for t in tensors]).detach().double()

    for step in (1, 2):
        sgd.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images(2 + step, 8, 32).to(dtype)), labels)
        loss.backward()
        rows(f"step{step}_gradient", [p.grad for p in model.parameters()])
        sgd.step()
        out[f"step{step}_loss"] = loss.detach().double()[None]
        rows(f"step{step}_parameter", list(model.parameters()))
        rows(f"step{step}_update", [p - before[k] for k, p in model.named_parameters()])
        rows(f"step{step}_running", [b for k, b in model.named_buffers() if "running" in k])
    names = [k for k, _ in model.named_parameters()], [k for k, _ in model.named_buffers() if "running" in k]
    return out, names


def squeeze_step(path):
    out, (parameters, running) = squeeze(path, torch.float64)
    single, _ = squeeze(path, torch.float32)
    write_tensors("squeeze.safetensors", out, parameters=json.dumps(parameters), running=json.dumps(running), seeds="3,4")
    for key in out:
        if key.endswith("_norm"):
            print(f"squeeze: float32 {key}: relative {((single[key] - out[key]).abs() / out[key]).max().item():.2e}")


def formula_networks():
    for kind, cifar, size, seed in (("resnet18", False, 64, 13), ("resnet50", True, 32, 4)):
        with torch.no_grad():
            model = formula_weights(resnet(kind, 10, cifar)).eval()
        x, labels = images(seed, 2, size), torch.tensor([3, 7])
        g, tensors = gradient(Losses(model), x, labels)
        write_tensors(f"{kind}_formula.safetensors", tensors, seed=seed)
        report(kind, model, x, labels, g)


class ConvNet(torch.nn.Module):
    """ConvNet-3 under the names of the dataset condensation repositories."""

    def __init__(self, classes, width=128, depth=3, size=32):
        super().__init__()
        layers = []
        for block in range(depth):
            layers += [torch.nn.Conv2d(width if block else 3, width, 3, padding=1), torch.nn.GroupNorm(width, width),
                       torch.nn.ReLU(), torch.nn.AvgPool2d(2)]
        self.features = torch.nn.Sequential(*layers)
        self.classifier = torch.nn.Linear(width * (size >> depth) ** 2, classes)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def student(dtype, seed, size, batch, steps):
    """Steps of a student as FADRM trains it: KL at temperature 20 in two micro-batches, AdamW that decays matrices only."""
    with torch.no_grad():
        model = formula_weights(ConvNet(10, size=size).double()).to(dtype)
    idle = [f"features.{4 * block}.bias" for block in range(3)]  # taken away by the norm: their gradient is rounding
    parameters = {k: p for k, p in model.named_parameters() if k not in idle}
    adam = torch.optim.AdamW([{"params": [p for p in parameters.values() if p.dim() > 1], "weight_decay": 0.01},
                              {"params": [p for p in model.parameters() if p.dim() == 1], "weight_decay": 0.0}])
    before, out = {k: p.detach().clone() for k, p in parameters.items()}, {}

    def rows(key, tensors):
        out[f"{key}_norm"] = torch.stack([torch.linalg.vector_norm(t) for t in tensors]).detach().double()
        out[f"{key}_first8"] = torch.stack([t.flatten()[:8] for t in tensors]).detach().double()

    for step in range(steps):
        for group in adam.param_groups:
            group["lr"] = 0.0005 * (1 + math.cos(math.pi * step / steps / 2))
        x = images(seed + step, batch, size).to(dtype)
        teacher = torch.from_numpy(8 * uniform(seed + 500 + step, 10 * batch) - 4).reshape(batch, 10).to(dtype)
        adam.zero_grad()
        losses, logits = [], []
        for half in (slice(0, batch // 2), slice(batch // 2, batch)):
            logits.append(model(x[half]))
            losses.append(torch.nn.functional.kl_div(torch.log_softmax(logits[-1] / 20, 1), torch.softmax(teacher[half] / 20, 1),
                                                     reduction="batchmean") / 2)
            losses[-1].backward()
        key = f"step{step + 1}"
        out[key + "_loss"] = sum(losses).detach().double()[None]
        out[key + "_logits"] = torch.cat(logits).detach().double()
        rows(key + "_gradient", [p.grad for p in parameters.values()])
        adam.step()
        rows(key + "_update", [p - before[k] for k, p in parameters.items()])
    return out, list(model.state_dict()), list(parameters)


def student_steps():
    for size, batch, steps, seed in ((16, 8, 5, 10860), (32, 16, 2, 10160)):
        out, tensors, parameters = student(torch.float64, seed, size, batch, steps)
        single, _, _ = student(torch.float32, seed, size, batch, steps)
        write_tensors(f"student_{size}.safetensors", out, names=json.dumps(tensors), parameters=json.dumps(parameters), seed=seed)
        for key in out:
            rows = [t[key].reshape(len(out[key]), -1) for t in (single, out)]
            relative = torch.linalg.vector_norm(rows[0] - rows[1], dim=1) / torch.linalg.vector_norm(rows[1], dim=1)
            print(f"student_{size}: float32 {key}: relative {relative.max().item():.2e}")


def accuracy(path, archive, count=500):
    """Cross-entropy of the first test images of CIFAR-100, and whether the label is the largest output or among five."""
    with tarfile.open(archive) as tar:
        raw = np.frombuffer(tar.extractfile("cifar-100-binary/test.bin").read(count * 3074), np.uint8).reshape(count, 3074)
    mean, std = (torch.tensor(v, dtype=torch.float64).view(1, 3, 1, 1) for v in ((0.5071, 0.4867, 0.4408), (0.2675, 0.2565, 0.2761)))
    x = (torch.from_numpy(raw[:, 2:].reshape(count, 3, 32, 32).astype(np.float64)) / 255 - mean) / std
    labels, model = torch.from_numpy(raw[:, 1].astype(np.int64)), teacher(path)
    with torch.no_grad():
        logits = torch.cat([model(part) for part in x.split(50)])
    ce = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
    best = logits.topk(5).indices == labels[:, None]
    write_tensors("accuracy.safetensors", {"ce": ce, "top1": best[:, 0].long(), "top5": best.any(1).long()})
    print(f"accuracy: top-1 {best[:, 0].sum().item()}, top-5 {best.any(1).sum().item()} of {count}, cross-entropy {ce.mean().item():.6f}")


def names():
    lines = []
    for kind in ("resnet18", "resnet50", "resnet101"):
        model = getattr(torchvision.models, kind)()
        lines.append(f"{kind} {sum(p.numel() for p in model.parameters())}")
        lines += [f"{kind} {k} {','.join(map(str, v.shape))}" for k, v in model.state_dict().items() if "num_batches" not in k]
    (HERE / "torchvision_names.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    torch.manual_seed(0)
    print(f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}")
    pixel_gradients(sys.argv[1])
    squeeze_step(sys.argv[1])
    formula_networks()
    student_steps()
    accuracy(*sys.argv[1:3])
    names()
