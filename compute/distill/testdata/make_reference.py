"""Runs FADRM's and SRe2L's own recovery code and writes the reference numbers of this folder (see README.md).

    python3 make_reference.py FADRM SRE2L TEACHER.safetensors [CASE ...] [--every-step]

FADRM and SRE2L are checkouts of their repositories. Their files are imported as they are; draws, states of the optimiser
and pixels are read at the calls they make. --every-step keeps the states before all 50 steps, in float32, instead of a few
in 16 bits. The product and its tests need neither Python nor this script.
"""

import pathlib
import random
import sys
import tempfile
from types import SimpleNamespace

import cv2
import numpy as np
import torch
import torchvision
from safetensors.torch import save_file
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.overrides import TorchFunctionMode
from torchvision.transforms import RandomResizedCrop

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / "models" / "testdata"))
import make_reference as models_reference  # noqa: E402  the same formulas and file format

STEPS = 50


class Done(Exception):
    """The first batch has made its steps."""


# inputs by formula ---------------------------------------------------------------------------------------------------

def noise(seed, n, size):
    """Sums of twelve uniform numbers less 6: mean 0, variance 1, exact in float64, [N,3,S,S]."""
    u = models_reference.uniform(seed, n * size * size * 3 * 12).reshape(n, size, size, 3, 12).sum(-1) - 6
    return torch.from_numpy(u.astype(np.float32)).permute(0, 3, 1, 2).contiguous()


def patches(seed, n, size):
    """8-bit RGB [N,S,S,3]: squares of 4 px, three parts, with noise, one part."""
    u = (256 * models_reference.uniform(seed, 2 * n * size * size * 3)).astype(np.int64).reshape(2, n, size, size, 3)
    squares = u[0][:, np.arange(size) // 4 * 4][:, :, np.arange(size) // 4 * 4]
    return ((3 * squares + u[1]) // 4).astype(np.uint8)


# what their code is given and does -----------------------------------------------------------------------------------

class Recorder(TorchFunctionMode):
    """Stands between their code and torch: on a CPU instead of CUDA, in float32 or float64, with draws that a first run
    makes and later ones repeat. Keeps what every step began with and ended in. Before the steps in marks the state is
    rounded to types, or replaced by that of another run."""

    def __init__(self, dtype, start, marks=(), types=(), of=None):
        super().__init__()
        self.dtype, self.start, self.marks, self.types, self.of = dtype, start, marks, types, of
        draws = of and of.draws
        self.draws, self.replayed = ([], None) if draws is None else (draws, iter(draws))
        self.before, self.after, self.losses, self.rates, self.boxes, self.box = [], [], [], [], [], {}

    def draw(self, kind, make):
        value = make() if self.replayed is None else next(self.replayed)
        if self.replayed is None:
            self.draws.append(value)
        self.box.setdefault(kind, []).append(value)
        return value

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func is torch.randn:
            return self.start.to(self.dtype).requires_grad_(kwargs.get("requires_grad", False))
        if func is torch.rand:
            return torch.tensor([self.draw("flip", lambda: random.random())])
        if kwargs.get("dtype") is torch.float32:
            kwargs["dtype"] = self.dtype
        if kwargs.get("device") == "cuda":
            kwargs["device"] = "cpu"
        if func is torch.Tensor.cuda:
            return args[0]
        args = tuple("cpu" if isinstance(a, str) and a == "cuda" else a for a in args)
        out = func(*args, **kwargs)
        if func is torch.nn.functional.cross_entropy:
            self.ce = out
        if func is torch.Tensor.backward:
            self.losses.append([self.ce.item(), args[0].item()])
        return out

    def __enter__(self):
        crop, randint = RandomResizedCrop.get_params, random.randint
        self.kept = crop, randint
        RandomResizedCrop.get_params = staticmethod(lambda *a: self.draw("crop", lambda: tuple(map(int, crop(*a)))))
        random.randint = lambda lo, hi: self.draw("roll", lambda: randint(lo, hi))
        self.hooks = [register_optimizer_step_pre_hook(self.begin), register_optimizer_step_post_hook(self.end)]
        return super().__enter__()

    def __exit__(self, *error):
        super().__exit__(*error)
        RandomResizedCrop.get_params, random.randint = staticmethod(self.kept[0]), self.kept[1]
        for hook in self.hooks:
            hook.remove()

    def state(self, optimizer):
        (x,) = optimizer.param_groups[0]["params"]
        s = optimizer.state[x]
        zero = torch.zeros_like(x.data)
        return x.data.clone(), s.get("exp_avg", zero).clone(), s.get("exp_avg_sq", zero).clone()

    def begin(self, optimizer, *_):
        self.before.append(self.state(optimizer))
        self.rates.append(optimizer.param_groups[0]["lr"])
        size = self.before[-1][0].shape[-1]
        (top, left, height, width), = self.box.get("crop", [(0, 0, size, size)])
        (flip,) = self.box.get("flip", [1])
        self.boxes.append([top, left, height, width, float(flip < 0.5), *self.box["roll"], 0])
        self.box = {}

    def end(self, optimizer, *_):
        self.optimizer = optimizer

    def clipped(self, clip):
        """Their clip, after which a step is over."""
        def call(x, *args):
            x = clip(x, *args)
            self.after.append((x.clone(), *self.state(self.optimizer)[1:]))
            if len(self.after) == STEPS:
                raise Done
            if len(self.after) + 1 in self.marks:
                x, m, v = (t.to(kind).to(self.dtype) for t, kind in zip((self.of or self).after[len(self.after) - 1], self.types))
                (s,) = self.optimizer.state.values()
                s["exp_avg"].copy_(m), s["exp_avg_sq"].copy_(v)
            return x
        return call


def imported(folder, name):
    """The module NAME of a folder of theirs, without what the last folder brought."""
    for old in ("utils", "utils_recover", "recover", "recover_cifar", "recover_tiny", "models"):
        sys.modules.pop(old, None)
    sys.path.insert(0, str(folder))
    try:
        return __import__(name)
    finally:
        sys.path.remove(str(folder))


def theirs(name):
    """FADRM's own networks name two parts otherwise than torchvision."""
    return name.replace("downsample", "shortcut").replace("fc.", "linear.")


class Case:
    def __init__(self, name, classes, batch, size, seed, lr, bn_weight, budgets=(STEPS,), kept=(), dtype=torch.float64):
        self.kept, self.dtype = kept, dtype  # steps, and what they are computed in
        self.name, self.classes, self.batch, self.size, self.seed = name, classes, batch, size, seed
        self.lr, self.bn_weight, self.budgets = lr, bn_weight, budgets

    def weights(self, teacher):
        model = torchvision.models.resnet18(num_classes=self.classes).double()
        model.conv1 = torch.nn.Conv2d(3, 64, 3, 1, 1, bias=False).double()
        model.maxpool = torch.nn.Identity()
        if self.classes == 100:
            model.load_state_dict(models_reference.read_tensors(teacher), strict=False)
        else:
            with torch.no_grad():
                models_reference.formula_weights(model)
        return model

    def run(self, sources, teacher, dtype, **settings):
        torch.set_default_dtype(dtype)
        random.seed(self.seed), torch.manual_seed(self.seed)
        record = Recorder(dtype, noise(self.seed, self.batch, self.size), **settings)
        code = self.fadrm if self.name.startswith("fadrm") else self.sre2l
        try:
            with tempfile.TemporaryDirectory() as folder:
                code(sources, pathlib.Path(folder), self.weights(teacher).to(dtype), record)
        except Done:
            pass
        torch.set_default_dtype(torch.float32)
        assert len(record.after) == STEPS
        return record

    def fadrm(self, sources, folder, model, record):
        code = imported(sources.fadrm / "recover", "recover")
        torch.save({theirs(k): v for k, v in model.state_dict().items()}, folder / "ResNet18.pth")
        for i, rgb in enumerate(patches(self.seed, self.batch, self.size)):
            at = folder / "medium" / f"{i:05}"
            at.mkdir(parents=True)
            png = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1]  # OpenCV knows the format by its bytes
            (at / f"class{i:05}_id00000.jpg").write_bytes(png.tobytes())
        sys.argv = ["recover.py", "--exp-name", "x", "--alpha", "0.5", "--teacher-model-list", "ResNet18", "--apply-data-augmentation",
                    "--input-size-lis", *[str(self.size)] * len(self.budgets), "--optimization-budgets", *map(str, self.budgets),
                    "--dataset-name", "cifar100" if self.size == 32 else "tiny_imagenet", "--batch-size", str(self.batch),
                    "--syn-data-path", str(folder), "--patch-dir", str(folder), "--model-pool-dir", str(folder), "--pretrained-model-type", "offline",
                    "--lr", str(self.lr), "--r-bn", str(self.bn_weight), "--initialisation-method", "Patches", "--patch-diff", "medium"]
        args = code.parse_args()
        self.mean, self.std = args.mean_norm, args.std_norm
        code.utils_re.clip = record.clipped(code.utils_re.clip)
        with record:
            code.main_syn(args, "cpu", 0, True)

    def sre2l(self, sources, folder, model, record):
        name, clip = ("recover_cifar", "clip_cifar") if self.size == 32 else ("recover_tiny", "clip_tiny")
        code = imported(sources.sre2l / "SRe2L" / "*small_dataset", name)
        state = model.state_dict()
        torch.save({"model": state, "state_dict": {"module." + k: v for k, v in state.items()}}, folder / "teacher.pth")
        sys.argv = [name, "--arch-path", str(folder / "teacher.pth"), "--syn-data-path", str(folder), "--batch-size", str(self.batch),
                    "--lr", str(self.lr), "--iteration", str(STEPS), "--r-bn", str(self.bn_weight)]
        args = code.parse_args()
        setattr(code, clip, record.clipped(getattr(code, clip)))
        with record:
            code.main_syn(args, 0) if self.size == 32 else code.main_syn(0, args)


# what is kept --------------------------------------------------------------------------------------------------------

CASES = [
    Case("sre2l_cifar", 100, 4, 32, 101, 0.25, 0.01, kept=(1, 2, 10, 30, 50)),
    Case("fadrm_cifar", 100, 4, 32, 102, 0.25, 0.01, (12, 12, 12, 14), kept=(1, 2, 10, 30, 50)),
    Case("sre2l_tiny", 200, 2, 64, 103, 0.1, 1, kept=(1, 2, 50), dtype=torch.float32),
    Case("fadrm_tiny", 200, 2, 64, 104, 0.01, 0.01, (25, 25), kept=(1, 25, 50), dtype=torch.float32),
]
EVERY = 5  # of the pixels after a step


def nhwc(x):
    return x.permute(0, 2, 3, 1).contiguous()


def off(a, b):
    """How far pixels are from each other: of the norm, median, 99th percentile, largest, share over 1e-3."""
    d = (a.double() - b.double()).abs().flatten()
    return [(d.norm() / b.double().norm()).item(), d.median().item(), torch.quantile(d, 0.99).item(), d.max().item(), (d > 1e-3).double().mean().item()]


def write(case, sources, teacher, every_step):
    kept = tuple(range(1, STEPS + 1)) if every_step else case.kept
    types = (torch.float32,) * 3 if every_step else (torch.float16, torch.bfloat16, torch.bfloat16)
    exact = case.run(sources, teacher, case.dtype, marks=kept, types=types)
    single = exact if case.dtype is torch.float32 else case.run(sources, teacher, torch.float32, marks=kept, types=types, of=exact)
    rows = [off(a[0], b[0]) for a, b in zip(single.after, exact.after)]
    for n, row in enumerate(rows, 1):
        print(f"| {case.name} | {n} | " + " | ".join(f"{v:.1e}" for v in row[:4]) + f" | {row[4]:.2%} |", flush=True)
    print(f"{case.name}: {sum(r[4] == 0 for r in rows)} of {STEPS} steps with every pixel within 1e-3, most over it {max(r[4] for r in rows):.3%}, "
          f"largest {max(r[3] for r in rows):.1e}, median of medians {sorted(r[1] for r in rows)[STEPS // 2]:.1e}", flush=True)

    out = {"boxes": torch.tensor(exact.boxes, dtype=torch.float32), "rates": torch.tensor([float(r) for r in exact.rates], dtype=torch.float64),
           "losses": torch.tensor(exact.losses, dtype=torch.float64), "losses32": torch.tensor(single.losses, dtype=torch.float64),
           "off32": torch.tensor(rows, dtype=torch.float64), "steps": torch.tensor(kept)}
    for n in kept:
        if n > 1:  # step 1 starts from the formula, with moments at zero
            for name, t, kind in zip(("pixels", "m", "v"), exact.before[n - 1], types):
                out[f"{name}_{n}"] = nhwc(t.to(kind))
    ends = np.cumsum(case.budgets)  # the step after a stage's end is checked from the state before that end
    for n in sorted({*kept, *(n + 1 for n in kept if n in ends and n < STEPS)}):
        out[f"after_{n}"] = nhwc(exact.after[n - 1][0]).flatten()[::EVERY].to(torch.float32).contiguous()
    save_file(out, HERE / f"{case.name}.safetensors", {"seed": str(case.seed)})


if __name__ == "__main__":
    torch.set_num_threads(1)
    argv = list(sys.argv)  # theirs read it too
    print(f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}")
    sources = SimpleNamespace(fadrm=pathlib.Path(argv[1]), sre2l=pathlib.Path(argv[2]))
    every_step, names = "--every-step" in argv, [a for a in argv[4:] if not a.startswith("-")]
    for case in CASES:
        if not names or case.name in names:
            write(case, sources, argv[3], every_step)
