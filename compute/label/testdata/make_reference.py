"""Makes relabel.safetensors and changes.safetensors with PyTorch, torchvision and Pillow in float64 (see README.md).

    python3 make_reference.py TEACHER.safetensors

Without TEACHER.safetensors it makes anew what is of other weights.
"""

import functools
import importlib.util
import json
import pathlib
import sys

import numpy as np
import torch
from PIL import Image

import views

HERE = pathlib.Path(__file__).parent
MODELS = HERE / "../../models/testdata"


def load(name, file):
    spec = importlib.util.spec_from_file_location(name, file)
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


networks = load("make_reference", MODELS / "make_reference.py")
named = load("make_networks", MODELS / "make_networks.py")
networks.HERE = HERE
networks.DTYPES["U8"] = np.uint8

SIDE, IMAGES, EPOCH = 32, 20, 3
LABELS = dict(seed=42, batch=16, rand_augment=0, area=(.08, 1), ratio=(3 / 4, 4 / 3), pad=0, flip=.5, shuffle=1, mix="cutmix", mix_beta=1, box="even")
MEAN, STD = (.5071, .4867, .4408), (.2675, .2565, .2761)


def images(side=SIDE):
    """8 x 8 squares, each of one colour."""
    grid = np.floor(256 * networks.uniform(77, IMAGES * 8 * 8 * 3)).astype(np.uint8).reshape(IMAGES, 8, 8, 3)
    return grid.repeat(side // 8, axis=1).repeat(side // 8, axis=2)


def shown(rgb, view):
    """The pixels of a batch of views as the published code makes them: Pillow's crop and resize, flip, then CutMix in place."""
    out, side = [], rgb.shape[1]
    for image, (top, left, height, width, flip) in zip(view["index"], view["boxes"]):
        crop = Image.fromarray(rgb[image]).crop((left, top, left + width, top + height)).resize((side, side), Image.BILINEAR)
        out.append(np.asarray(crop.transpose(Image.FLIP_LEFT_RIGHT) if flip else crop))
    out = np.stack(out)
    top, left, height, width = view["cut"]
    out[:, top:top + height, left:left + width] = out[view["partner"]][:, top:top + height, left:left + width]
    return out


def relabel(model, batches, at=lambda b, first: None):
    """Each half of a batch is a pass of its own in train mode. at is called before each with the batch and the pass's first image in it."""
    model.train()
    mean, std = (torch.tensor(v, dtype=torch.float64).view(1, 3, 1, 1) for v in (MEAN, STD))
    rows = []
    with torch.no_grad():
        for b, pixels in enumerate(batches):
            x = (torch.from_numpy(pixels).permute(0, 3, 1, 2).double() / 255 - mean) / std
            for first, half in ((0, x[:len(x) // 2]), (len(x) // 2, x[len(x) // 2:])):
                at(b, first)
                rows.append(model(half))
    return torch.cat(rows)


TEAM = {  # the networks of FADRM+'s teams: side of the images
    "densenet121/cifar": 32, "shufflenetv2-x0.5/cifar": 32, "mobilenetv2/cifar": 32,
    "resnet18/imagenet": 64, "densenet121/imagenet": 64, "shufflenetv2-x1.0/imagenet": 64, "mobilenetv2/imagenet": 64, "alexnet/imagenet": 64,
}


def mask_seed(b):
    """Seed lo and hi, stream and step of nn.MaskSeed(seed, epoch, b)."""
    seed = functools.reduce(lambda seed, part: views.mix(seed ^ part), (EPOCH, b), LABELS["seed"])
    return seed & 0xFFFFFFFF, seed >> 32, 65536, 0


def team(key, side):
    """Logits of a teacher with weights by name and the masks of its dropout."""
    name, stem = key.split("/")
    model, now = named.named_weights(named.counted(name, stem, 10, side).double()), {}
    named.masked(model, lambda: f"{now['first']}/{name}/", lambda: mask_seed(now["b"]))
    batches = [shown(images(side), views.view(LABELS, IMAGES, side, EPOCH, b)) for b in range(2)]
    return relabel(model, batches, lambda b, first: now.update(b=b, first=first))


def changes():
    """Every operation of torchvision's RandAugment at two magnitudes, both signs, on one image of noise over the squares."""
    from torchvision.transforms import InterpolationMode, RandAugment, autoaugment
    noise = np.floor(64 * networks.uniform(78, SIDE * SIDE * 3)).astype(np.uint8).reshape(SIDE, SIDE, 3)
    image = Image.fromarray(images()[0] // 2 + noise)
    space, out, names = RandAugment()._augmentation_space(31, (SIDE, SIDE)), [], []
    for op, (amounts, signed) in space.items():
        for magnitude in (9, 30):
            for sign in (1, -1) if signed else (1,):
                amount = sign * float(amounts[magnitude].item()) if amounts.ndim > 0 else 0.0
                out.append(np.asarray(autoaugment._apply_op(image, op, amount, interpolation=InterpolationMode.NEAREST, fill=None)))
                names.append([op, magnitude, sign])
    return np.asarray(image), np.stack(out), names


def main():
    image, changed, names = changes()
    networks.write_tensors("changes.safetensors", {"image": image, "changed": changed}, names=json.dumps(names))
    tensors = {key: team(key, side) for key, side in TEAM.items()}
    print({key: f"up to {t.abs().max().item():.3g}" for key, t in tensors.items()})
    if len(sys.argv) < 2:
        networks.write_tensors("relabel.safetensors", networks.read_tensors(HERE / "relabel.safetensors") | tensors, torch=torch.__version__)
        return
    rgb = images()
    batches = [shown(rgb, views.view(LABELS, IMAGES, SIDE, EPOCH, b)) for b in range(2)]
    teacher = networks.resnet("resnet18", 100, cifar=True)
    teacher.load_state_dict({k: v.double() for k, v in networks.read_tensors(sys.argv[1]).items()}, strict=False)
    others = {"resnet50": networks.resnet("resnet50", 10, cifar=True), "convnet3": networks.ConvNet(10, size=SIDE).double()}
    with torch.no_grad():
        teachers = {"resnet18": teacher} | {name: networks.formula_weights(model) for name, model in others.items()}
    tensors |= {"views": np.concatenate(batches)} | {name: relabel(model, batches) for name, model in teachers.items()}
    networks.write_tensors("relabel.safetensors", tensors, torch=torch.__version__)


if __name__ == "__main__":
    main()
