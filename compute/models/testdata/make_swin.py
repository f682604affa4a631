"""Makes swin_t.safetensors, the reference numbers of Swin-T, with PyTorch and torchvision in float64 (see README.md).

    python3 make_swin.py

The product and its tests need neither Python nor this script.
"""

import json
import math

import torch
import torchvision

from make_reference import images, nhwc, uniform, write_tensors


def formula_network():
    """Swin-T of ten classes with the weights of README.md, the index of relative positions left out of the numbering."""
    model, k = torchvision.models.swin_t(num_classes=10).double(), 0
    with torch.no_grad():
        for name, t in model.state_dict().items():
            if not t.is_floating_point():
                continue
            u = torch.from_numpy(uniform(1000 + k, t.numel())).reshape(t.shape)
            if t.dim() > 1:
                v = (2 * u - 1) * math.sqrt(6 / math.prod(t.shape[1:]))
            elif name.endswith(".weight"):
                v = 0.25 + 0.5 * u
            else:
                v = (2 * u - 1) * 0.1
            t.copy_(v.float().double())
            k += 1
    return model


def rows(out, key, tensors):
    out[f"{key}_norm"] = torch.stack([torch.linalg.vector_norm(t) for t in tensors]).detach().double()
    out[f"{key}_first8"] = torch.stack([t.flatten()[:8] for t in tensors]).detach().double()


def evaluated(out, size, n, seed, dtype=torch.float64):
    """Loss and its gradient to the pixels."""
    model = formula_network().to(dtype).eval()
    features = []
    model.flatten.register_forward_hook(lambda m, i, o: features.append(o))
    x = images(seed, n, size).to(dtype).requires_grad_()
    logits = model(x)
    ce = torch.nn.functional.cross_entropy(logits, torch.tensor([3, 7])[:n])
    (g,) = torch.autograd.grad(ce, x)
    key = f"{size}_"
    out[key + "ce"], out[key + "logits"], out[key + "features"] = ce.detach()[None], logits.detach(), features[0].detach()
    out[key + "gradient"] = torch.from_numpy(nhwc(g))
    return g


def trained(out, size, n, seed, dtype=torch.float64):
    """One step of AdamW that decays matrices only, stochastic depth off."""
    model = formula_network().to(dtype)
    for m in model.modules():
        if isinstance(m, torchvision.ops.StochasticDepth):
            m.p = 0.0
    names = [k for k, _ in model.named_parameters()]
    before = [p.detach().clone() for p in model.parameters()]
    adam = torch.optim.AdamW([{"params": [p for p in model.parameters() if p.dim() > 1], "weight_decay": 0.05},
                              {"params": [p for p in model.parameters() if p.dim() == 1], "weight_decay": 0.0}], lr=1e-3)
    loss = torch.nn.functional.cross_entropy(model(images(seed, n, size).to(dtype)), torch.tensor([3, 7])[:n])
    loss.backward()
    out["step_loss"] = loss.detach().double()[None]
    rows(out, "step_gradient", [p.grad for p in model.parameters()])
    adam.step()
    rows(out, "step_update", [p - b for p, b in zip(model.parameters(), before)])
    return names


def main():
    print(f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}")
    out, single = {}, {}
    for size, n, seed in ((64, 2, 51), (112, 1, 52)):
        g, h = evaluated(out, size, n, seed), evaluated(single, size, n, seed, torch.float32)
        print(f"{size} px: |g32 - g64| / |g64| = {(torch.linalg.vector_norm(h.double() - g) / torch.linalg.vector_norm(g)).item():.2e}")
    names = trained(out, 36, 2, 53)
    trained(single, 36, 2, 53, torch.float32)
    for key in ("step_gradient_norm", "step_update_norm", "step_loss"):
        print(f"{key}: float32 off by {((single[key] - out[key]).abs() / out[key]).max().item():.2e}")
    del out["112_gradient"]
    write_tensors("swin_t.safetensors", out, parameters=json.dumps(names))


if __name__ == "__main__":
    main()
