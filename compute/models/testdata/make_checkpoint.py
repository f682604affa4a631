"""Writes resnet8-checkpoint.pth, as a training program keeps a network, and prints what the network answers.

    python make_checkpoint.py      (PyTorch)

ResNet-8 with the names of pytorch-cifar, wrapped in DataParallel, in float16, beside an optimiser's state and the program's arguments. Its logits for
two images of modelstest.Pixels(5, ...) of 16 px are computed in float64 from the float16 weights.
"""
import argparse, pathlib
import numpy, torch
from torch import nn

HERE = pathlib.Path(__file__).resolve().parent


class Block(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout)
        self.conv2, self.bn2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout)
        self.shortcut = nn.Sequential()
        if stride > 1:
            self.shortcut = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.shortcut(x))


class ResNet8(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        self.layer1, self.layer2, self.layer3 = (nn.Sequential(Block(*s)) for s in ((16, 16, 1), (16, 32, 2), (32, 64, 2)))
        self.linear = nn.Linear(64, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x))))))
        return self.linear(x.mean((2, 3)))


def pixels(seed, n):
    z = (numpy.uint64(seed) << numpy.uint64(32)) + numpy.arange(1, n + 1, dtype=numpy.uint64)
    with numpy.errstate(over="ignore"):
        z = z * numpy.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> numpy.uint64(30)) * numpy.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> numpy.uint64(27)) * numpy.uint64(0x94D049BB133111EB)
    u = ((z ^ z >> numpy.uint64(31)) >> numpy.uint64(40)).astype(numpy.float64) / 2**24
    return 2 * u - 1


torch.manual_seed(3)
net = ResNet8(3)
for m in net.modules():
    if isinstance(m, nn.BatchNorm2d):
        m.weight.data.uniform_(0.5, 1.5), m.bias.data.uniform_(-0.3, 0.3), m.running_mean.uniform_(-0.2, 0.2), m.running_var.uniform_(0.5, 1.5)
net.half()
torch.save({"epoch": 12, "arch": "resnet", "state_dict": nn.DataParallel(net).state_dict(), "best_acc1": 61.5, "args": argparse.Namespace(lr=0.1),
            "optimizer": {"state": {0: {"momentum_buffer": torch.zeros(3), "step": torch.ones(1)}}}}, HERE / "resnet8-checkpoint.pth")
net.double().eval()
x = torch.from_numpy(pixels(5, 2 * 16 * 16 * 3)).reshape(2, 16, 16, 3).permute(0, 3, 1, 2)
with torch.no_grad():
    print(net(x).flatten().tolist())
