"""Writes other_names.txt: the names and shapes of the tensors of networks as other programs build them.

    python make_other_names.py PYTORCH_CIFAR100 FADRM      (folders with the code of weiaicunzai/pytorch-cifar100 and Jiacheng8/FADRM; timm)
"""
import importlib
import pathlib
import sys

import timm

HERE = pathlib.Path(__file__).resolve().parent
lines = []


def add(naming, network, model):
    for name, v in model.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            lines.append(f"{naming} {network} {name} {','.join(map(str, v.shape))}")


def models_of(folder, *names):
    """Modules of the package "models" of a folder, which has that name in every folder."""
    sys.path.insert(0, folder)
    for module in [m for m in sys.modules if m.split(".")[0] == "models"]:
        del sys.modules[module]
    modules = [importlib.import_module("models." + n) for n in names]
    sys.path.pop(0)
    return modules


(cifar100,) = models_of(sys.argv[1], "resnet")
add("pytorch-cifar100", "resnet18", cifar100.resnet18())
add("pytorch-cifar100", "resnet50", cifar100.resnet50())
resnet, densenet, mobilenet, shufflenet = models_of(sys.argv[2], "resnet", "densenet", "mobilenetv2", "shufflenetv2")
add("kuangliu", "resnet18", resnet.ResNet18(100))
add("kuangliu", "resnet50", resnet.ResNet50(100))
add("kuangliu", "densenet121", densenet.DenseNet121(100))
add("kuangliu", "mobilenetv2", mobilenet.MobileNetV2(100))
add("kuangliu", "shufflenetv2-x0.5", shufflenet.ShuffleNetV2(0.5, 100))
add("timm", "resnet18", timm.create_model("resnet18"))
add("timm", "resnet50", timm.create_model("resnet50"))
(HERE / "other_names.txt").write_text("\n".join(lines) + "\n")
