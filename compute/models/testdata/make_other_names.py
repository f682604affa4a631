"""Writes other_names.txt: the names and shapes of the tensors of networks as other programs build them.

    python make_other_names.py PYTORCH_CIFAR100 FADRM      (folders with the code of weiaicunzai/pytorch-cifar100 and Jiacheng8/FADRM; timm)
"""
import pathlib
import sys

import timm

HERE = pathlib.Path(__file__).resolve().parent
lines = []


def add(naming, network, model):
    for name, v in model.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            lines.append(f"{naming} {network} {name} {','.join(map(str, v.shape))}")


def models_of(folder):
    """The package "models" of a folder, which has its parent's name for every folder."""
    sys.path.insert(0, folder)
    for module in [m for m in sys.modules if m.split(".")[0] == "models"]:
        del sys.modules[module]
    from models import resnet
    sys.path.pop(0)
    return resnet


cifar100, fadrm = map(models_of, sys.argv[1:])
add("pytorch-cifar100", "resnet18", cifar100.resnet18())
add("pytorch-cifar100", "resnet50", cifar100.resnet50())
add("kuangliu", "resnet18", fadrm.ResNet18(100))
add("kuangliu", "resnet50", fadrm.ResNet50(100))
add("timm", "resnet18", timm.create_model("resnet18"))
add("timm", "resnet50", timm.create_model("resnet50"))
(HERE / "other_names.txt").write_text("\n".join(lines) + "\n")
