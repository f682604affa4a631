"""Makes table2.safetensors with PyTorch and torchvision in float64 (see README.md).

    python3 make_table2.py [NETWORK ...]

The product and its tests need neither Python nor this script.
"""

import functools
import importlib.util
import pathlib
import sys

import torch

HERE = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location("students", HERE / "make_reference.py")
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)
sys.path.append(str(HERE.parent.parent / "label" / "testdata"))
import make_networks as networks  # noqa: E402  of compute/models/testdata: weights by name, masks, files
import views  # noqa: E402  of compute/label/testdata: the step of splitmix64

networks.HERE = HERE
SIDE, SQUARE, RATE, KEPT = 72, 8, 1e-5, (1, 5, 20)
MASKS = 65536, 3  # streams of masks, and of a student's among them
STUDENTS = ("shufflenetv2-x0.5", "mobilenetv2", "efficientnet-b0", "swin-t", "densenet121", "densenet169", "densenet201", "wide-resnet50-2")


def network(name):
    if name == "swin-t":
        model = networks.torchvision.models.swin_t(num_classes=reference.CLASSES)
    else:
        model = networks.counted(name, "imagenet", reference.CLASSES)
    return networks.named_weights(model.double()).train()


def mask_seed(*parts):
    """Seed lo and hi, stream and step of nn.MaskSeed(0, parts...)."""
    seed = functools.reduce(lambda seed, part: views.mix(seed ^ part), parts, 0)
    return seed & 0xFFFFFFFF, seed >> 32, MASKS[0], 0


@functools.cache
def signs(n):
    return torch.from_numpy(networks.uniform(5000, n) >= 0.5).double() * 2 - 1


def rows(tensors):
    """Norm and projection of each tensor."""
    flat = [t.detach().double().flatten() for t in tensors]
    return torch.stack([torch.stack([torch.linalg.vector_norm(t), t @ signs(len(t))]) for t in flat])


def train(name, dtype):
    model, now = network(name).to(dtype), {}
    # a network without batch norms takes the whole batch in one pass, so its masks are those of the batch
    whole = not any(isinstance(m, torch.nn.BatchNorm2d) for m in model.modules())
    networks.masked(model, lambda: f"{0 if whole else now['first']}/{name}/", lambda: mask_seed(MASKS[1], now["epoch"], now["b"]),
                    lambda: now["first"] if whole else 0)
    before = {k: p.detach().clone() for k, p in model.named_parameters()}
    at = lambda epoch, b, first: now.update(epoch=epoch, b=b, first=first)
    out, losses = {}, []
    for step, loss, _ in reference.steps(model, dtype, SIDE, SQUARE, RATE, at):
        losses.append(loss)
        if step == 1:
            out["step1_gradient"] = rows([p.grad for _, p in model.named_parameters()])
        if step in KEPT:
            out[f"step{step}_update"] = rows([p - before[k] for k, p in model.named_parameters()])
            if running := [v for k, v in model.named_buffers() if "running" in k]:
                out[f"step{step}_running"] = rows(running)
    out["losses"] = torch.tensor(losses, dtype=torch.float64)
    return out, [k for k, _ in model.named_parameters()], [k for k, _ in model.named_buffers() if "running" in k]


def off(single, exact):
    """How far float32 is from float64: the worst norm of a tensor, relative, and the projections of all in units of all norms."""
    norm = ((single - exact)[:, 0].abs() / exact[:, 0]).max()
    return [norm.item(), (torch.linalg.vector_norm((single - exact)[:, 1]) / torch.linalg.vector_norm(exact[:, 0])).item()]


def student(name):
    exact, parameters, running = train(name, torch.float64)
    single, _, _ = train(name, torch.float32)
    # a shift that the next normalisation takes away has no gradient but rounding, which Adam makes a whole step of
    norms = exact["step1_gradient"][:, 0]
    moved = norms > 1e-10 * norms.max()
    still = [k for k, m in zip(parameters, moved) if not m]
    for tensors in (exact, single):
        for key in [k for k in tensors if k.endswith(("gradient", "update"))]:
            tensors[key] = tensors[key][moved]
    float32 = {key: off(single[key], exact[key]) for key in exact if key != "losses"}
    losses = ((single["losses"] - exact["losses"]).abs() / exact["losses"]).max().item()
    print(name, f"{len(still)} still, losses off by {losses:.1e},", {k: [f"{x:.1e}" for x in v] for k, v in float32.items()}, flush=True)
    tensors = {f"{name}/{k}": v if k == "losses" else v.float() for k, v in exact.items()}
    return tensors, {"parameters": [k for k in parameters if k not in still], "running": running, "losses": losses, "float32": float32}


if __name__ == "__main__":
    print(f"PyTorch {torch.__version__}, torchvision {networks.torchvision.__version__}")
    torch.set_num_threads(1)
    networks.write("table2.safetensors", sys.argv[1:] or STUDENTS, student)
