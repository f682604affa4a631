"""Times in PyTorch the steps that `server bench` times in reta, for the side-by-side.

    python3 torch_step.py --device cpu --threads 2 --size 32 --batch 16
    python3 torch_step.py --device cuda --mode eager amp --layout nchw channels_last --size 32 64 224 --batch 100

Steps, of a ResNet-18 or, with --network, of other networks under the names they have in reta (the form for small images up to 64 px,
torchvision's above), random weights:

  recover   forward, cross-entropy + 0.01 x batch-norm loss, gradient to the pixels only, Adam on the pixels, clip
  squeeze   forward, cross-entropy, gradient to the weights, SGD with Nesterov momentum, batch norm in train mode
  forward   logits in eval mode, no gradients (what relabelling runs)

One JSON line per measurement goes to --json FILE, a table to standard output. GFLOP/s counts 2 per multiply-add of
convolutions and linear layers: once for forward, twice for recover, three times for squeeze. Peak memory is the
allocator's on CUDA, per measurement; on a CPU the whole process's so far, so ask for one measurement at a time.
"""

import argparse
import contextlib
import functools
import itertools
import json
import pathlib
import platform
import resource
import statistics
import sys
import time

import torch
import torchvision

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "compute" / "models" / "testdata"))
from make_networks import counted  # noqa: E402
from make_reference import ConvNet  # noqa: E402


def network(kind, size, classes):
    """The network as server bench has it: the form for small images up to 64 px, torchvision's above."""
    if kind == "convnet3":
        return ConvNet(classes, size=size)
    if kind == "swin-t":
        return torchvision.models.swin_t(num_classes=classes)
    return counted(kind, "cifar" if size <= 64 else "imagenet", classes, size).float()


@functools.cache
def multiply_adds(name, size, classes):
    """Of one image, counted as the layers run."""
    model, total = network(name, size, classes), 0

    def count(m, inputs, output):
        nonlocal total
        per_output = m.weight[0].numel() if isinstance(m, torch.nn.Conv2d) else m.in_features
        total += output.numel() * per_output

    hooks = [m.register_forward_hook(count) for m in model.modules() if isinstance(m, (torch.nn.Conv2d, torch.nn.Linear))]
    model.eval()
    with torch.no_grad():
        model(torch.zeros(1, 3, size, size))
    for h in hooks:
        h.remove()
    return total


class BatchNormLoss:
    """Sum over layers of |running_var - batch_var| + |running_mean - batch_mean| of the layer's input, the first times ten."""

    def __init__(self, model):
        self.terms = []
        for m in model.modules():
            if isinstance(m, torch.nn.BatchNorm2d):
                m.register_forward_hook(self.statistics)

    def statistics(self, m, inputs, output):
        var, mean = torch.var_mean(inputs[0], (0, 2, 3), unbiased=False)
        self.terms.append(torch.linalg.vector_norm(m.running_var - var) + torch.linalg.vector_norm(m.running_mean - mean))

    def take(self):
        total = 9 * self.terms[0] + torch.stack(self.terms).sum() if self.terms else 0
        self.terms = []
        return total


def make_step(kind, args, name, mode, layout, size, batch):
    device = torch.device(args.device)
    form = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    model = network(name, size, args.classes).to(device, memory_format=form)
    x = torch.randn(batch, 3, size, size, device=device).to(memory_format=form)
    labels = torch.arange(batch, device=device) % args.classes
    half = torch.float16 if device.type == "cuda" else torch.bfloat16
    mixed = mode != "eager"
    cast = (lambda: torch.autocast(device.type, half)) if mixed else contextlib.nullcontext
    compiled = torch.compile if mode == "compiled" else lambda m: m
    loss = torch.nn.functional.cross_entropy

    if kind == "forward":
        model = compiled(model.eval())

        @torch.no_grad()
        def step():
            with cast():
                model(x)

    elif kind == "recover":
        model.eval().requires_grad_(False)
        bn = BatchNormLoss(model)
        model = compiled(model)
        x.requires_grad_()
        adam = torch.optim.Adam([x], lr=0.25, betas=(0.5, 0.9), eps=1e-8)
        scaler = torch.amp.GradScaler(device.type, enabled=mixed and device.type == "cuda")

        def step():
            adam.zero_grad()
            with cast():
                total = loss(model(x), labels) + 0.01 * bn.take()
            scaler.scale(total).backward()
            scaler.step(adam)
            scaler.update()
            with torch.no_grad():
                x.clamp_(-2, 2)

    else:
        model = compiled(model.train())
        sgd = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4)
        scaler = torch.amp.GradScaler(device.type, enabled=mixed and device.type == "cuda")

        def step():
            sgd.zero_grad()
            with cast():
                total = loss(model(x), labels)
            scaler.scale(total).backward()
            scaler.step(sgd)
            scaler.update()

    return step


def measure(step, args):
    """Seconds of each of args.repeats runs; a run lasts at least args.seconds / args.repeats."""
    wait = torch.cuda.synchronize if args.device == "cuda" else lambda: None
    for _ in range(3):
        step()
    wait()
    times, steps = [], 0
    for _ in range(args.repeats):
        begin, n = time.perf_counter(), 0
        while n == 0 or time.perf_counter() - begin < args.seconds / args.repeats:
            step()
            n += 1
            if args.device == "cuda" and n % 10:
                continue
            wait()
        wait()
        times.append((time.perf_counter() - begin) / n)
        steps += n
    return min(times), statistics.median(times), steps


def peak_memory(args):
    if args.device == "cuda":
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def processor():
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.processor()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--step", nargs="+", default=["recover", "squeeze", "forward"], choices=["recover", "squeeze", "forward"])
    p.add_argument("--network", nargs="+", default=["resnet18"])
    p.add_argument("--mode", nargs="+", default=["eager"], choices=["eager", "amp", "compiled"],
                   help="amp: autocast to fp16 on CUDA, bf16 on a CPU; compiled: torch.compile of the network, with amp")
    p.add_argument("--layout", nargs="+", default=["nchw"], choices=["nchw", "channels_last"])
    p.add_argument("--size", type=int, nargs="+", default=[32])
    p.add_argument("--batch", type=int, nargs="+", default=[16])
    p.add_argument("--classes", type=int, default=100)
    p.add_argument("--seconds", type=float, default=10, help="per measurement, after three steps to warm up")
    p.add_argument("--repeats", type=int, default=5)
    p.add_argument("--tf32", action="store_true", help="allow TF32 in eager mode")
    p.add_argument("--json", help="append JSON lines to this file")
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = args.tf32
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(0)
    where = torch.cuda.get_device_name() if args.device == "cuda" else f"{processor()}, {args.threads} threads"
    print(f"PyTorch {torch.__version__}, {where}, TF32 {'on' if args.tf32 else 'off'}")
    print(f"{'network':18} {'step':8} {'px':>4} {'batch':>5} {'mode':8} {'layout':14} {'steps/s':>9} {'median':>9} {'GFLOP/s':>9} {'peak MiB':>9}")
    for name, size, batch, kind, mode, layout in itertools.product(args.network, args.size, args.batch, args.step, args.mode, args.layout):
        if args.device == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
        step = make_step(kind, args, name, mode, layout, size, batch)
        try:
            best, median, steps = measure(step, args)
        except torch.cuda.OutOfMemoryError as e:
            print(f"{name:18} {kind:8} {size:4} {batch:5} {mode:8} {layout:14} {str(e).splitlines()[0]}", flush=True)
            continue
        finally:
            del step  # its memory is no part of the next one's peak
        work = 2 * multiply_adds(name, size, args.classes) * batch * {"forward": 1, "recover": 2, "squeeze": 3}[kind]
        row = {"peer": f"PyTorch {torch.__version__}", "device": where, "threads": args.threads, "network": name, "step": kind,
               "size": size, "batch": batch, "mode": mode, "layout": layout, "tf32": args.tf32, "steps": steps,
               "steps_per_second": 1 / best, "median_steps_per_second": 1 / median, "gflops": work / best / 1e9,
               "peak_bytes": peak_memory(args)}
        if args.json:
            with open(args.json, "a") as f:
                f.write(json.dumps(row) + "\n")
        print(f"{name:18} {kind:8} {size:4} {batch:5} {mode:8} {layout:14} {1 / best:9.3f} {1 / median:9.3f} {row['gflops']:9.1f} "
              f"{row['peak_bytes'] / 2**20:9.0f}", flush=True)


if __name__ == "__main__":
    main()
