"""Makes the files of this folder: what torch.save writes, and what it never would.

    python make.py        (PyTorch 2, NumPy)

Files that can be read come with the values PyTorch reads from them, in expected.json; the others with words of the refusal, in
refused.json. Hostile files only print, if something runs them.
"""
import argparse, collections, io, json, os, pickle, struct, tarfile, zipfile
import numpy, torch

os.chdir(os.path.dirname(os.path.abspath(__file__)))
torch.manual_seed(0)
expected, refused = {}, {}


def weights(kind=torch.float32):
    w = torch.randn(2, 3, 3, 3).to(kind)
    return collections.OrderedDict([("conv.weight", w), ("bn.running_var", torch.rand(3).to(kind)), ("bn.num_batches_tracked", torch.tensor(7))])


def expect(name, state, entry=""):
    expected[name] = {"entry": entry, "tensors": {k: {"shape": list(v.shape), "values": v.detach().double().flatten().tolist()}
                      for k, v in state.items() if torch.is_tensor(v) and v.is_floating_point()}}


def good(name, obj, state=None, entry="", legacy=False, **more):
    torch.save(obj, name, _use_new_zipfile_serialization=not legacy, **more)
    expect(name, obj if state is None else state, entry)


# what can be read
good("zip.pth", weights())
good("legacy.pth", weights(), legacy=True)
good("protocol4.pth", weights(), pickle_protocol=4)
good("protocol5-legacy.pth", weights(), legacy=True, pickle_protocol=5)
for kind in ("float16", "bfloat16", "float64"):
    good(kind + ".pth", weights(getattr(torch, kind)))
good("bfloat16-legacy.pth", weights(torch.bfloat16), legacy=True)
w = weights()
good("state_dict.pth", {"epoch": 90, "arch": "resnet18", "best_acc1": torch.tensor(69.7), "state_dict": w, "optimizer": {"state": {0: {"exp_avg": torch.zeros(4), "b": torch.ones(2)}}}}, w, "state_dict")
w, ema = weights(), weights()
good("model_and_ema.pth", {"model": w, "model_ema": ema}, w, "model")
good("ema_nested.pth", {"ema": {"module": w, "updates": 3}, "epoch": 1}, w, "ema.module")
good("arguments.pth", {"net": w, "args": argparse.Namespace(lr=0.1, out="x"), "acc": numpy.float64(0.7), "when": torch.device("cpu")}, w, "net")
good("parameters.pth", {k: torch.nn.Parameter(v) if v.is_floating_point() else v for k, v in weights().items()})
module = torch.nn.Sequential(collections.OrderedDict(conv=torch.nn.Conv2d(3, 2, 1), bn=torch.nn.BatchNorm2d(2)))
good("metadata.pth", module.state_dict())  # with the attribute _metadata
base = torch.randn(4, 6, 5)
strided = {"transposed": base.permute(2, 0, 1), "part": base[1:3, ::2, 1:4], "column": base[:, 0, 0], "repeated": base[0, 0, :1].expand(7), "whole": base, "scalar": base[1, 2, 3], "none": base[:0]}
good("strided.pth", strided)
good("strided-legacy.pth", strided, legacy=True)
channels = {"weight": torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last), "bias": torch.randn(4)}
good("channels-last.pth", channels)


def rezip(source, name, method=zipfile.ZIP_STORED, change=lambda name, data: (name, data)):
    with zipfile.ZipFile(source) as z, zipfile.ZipFile(name, "w", method) as out:
        for e in z.infolist():
            new = change(e.filename, z.read(e.filename))
            if new:
                out.writestr(*new)


rezip("zip.pth", "compressed.pth", zipfile.ZIP_DEFLATED)
expected["compressed.pth"] = expected["zip.pth"]


# a view of a storage, as PyTorch before 0.4 wrote it
def legacy_pickles(obj, storages, little=True, version=1001):
    out = io.BytesIO()
    for v in (0x1950A86A20F9469CFC6C, version, {"protocol_version": 1001, "little_endian": little, "type_sizes": {"short": 2, "int": 4, "long": 4}}):
        pickle.dump(v, out, 2)
    out.write(obj)
    pickle.dump([k for k, _, _ in storages], out, 2)
    for _, n, data in storages:
        out.write(struct.pack("<q", n) + data)
    return out.getvalue()


def s(text):
    return b"X" + struct.pack("<I", len(text)) + text.encode()


def num(n):
    if 0 <= n < 1 << 31:
        return b"J" + struct.pack("<i", n)
    b = n.to_bytes(n.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(b)]) + b


def g(module, name):
    return f"c{module}\n{name}\n".encode()


def tup(*parts):
    return b"(" + b"".join(parts) + b"t"


def storage(key="0", count=6, kind="FloatStorage", view=None, module="torch"):
    parts = [s("storage"), g(module, kind), s(key), s("cpu"), num(count)]
    if view is not None:
        parts.append(view)
    return tup(*parts) + b"Q"


def tensor(of, shape, stride, offset=0):
    return g("torch._utils", "_rebuild_tensor_v2") + tup(of, num(offset), tup(*map(num, shape)), tup(*map(num, stride)), b"\x89", g("collections", "OrderedDict") + b")R") + b"R"


def entries(*pairs):
    return b"\x80\x02}(" + b"".join(s(k) + v for k, v in pairs) + b"u."


def archive(name, obj, data={"0": struct.pack("<6f", *range(6))}, order="little"):
    with zipfile.ZipFile(name, "w") as z:
        z.writestr("x/data.pkl", obj)
        if order:
            z.writestr("x/byteorder", order)
        for k, v in data.items():
            z.writestr("x/data/" + k, v)
        z.writestr("x/version", "3\n")


def write(name, data):
    with open(name, "wb") as f:
        f.write(data)


six = struct.pack("<6f", *range(6))
plain = tensor(storage(), [2, 3], [3, 1])
other = tensor(storage(), [3], [2], 1)
view = tup(s("v"), num(2), num(4))
write("view-legacy.pth", legacy_pickles(entries(("a", tensor(storage(view=view), [4], [1])), ("b", tensor(storage(view=b"N"), [6], [1]))), [("0", 6, six)]))
expect("view-legacy.pth", {"a": torch.arange(2.0, 6.0), "b": torch.arange(6.0)})
archive("self-reference.pth", b"\x80\x02}q\x00(" + s("a") + plain + s("b") + other + s("me") + b"h\x00u.")
expect("self-reference.pth", {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor([1.0, 3.0, 5.0])})


# what is refused
def bad(name, *words):
    refused[name] = words


class Evil:
    def __init__(self, *what):
        self.what = what

    def __reduce__(self):
        return self.what


class Own(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(2, 2)


Own.__module__ = "__main__"
torch.save(Evil(os.system, ("echo it was run",)), "os-system.pth")
bad("os-system.pth", "posix.system", "nothing of it was run")
torch.save({**weights(), "x": Evil(eval, ("print('it was run')",))}, "eval-beside.pth", _use_new_zipfile_serialization=False)
bad("eval-beside.pth", "eval", "nothing of it was run")
archive("getattr.pth", b"\x80\x02" + g("builtins", "getattr") + tup(g("os", "path"), s("x")) + b"R.")
bad("getattr.pth", "builtins.getattr")
torch.save(Own(), "whole-network.pth")
bad("whole-network.pth", "__main__.Own", "torch.save(model.state_dict()")
torch.save({"model": torch.nn.Linear(2, 2)}, "whole-network-legacy.pth", _use_new_zipfile_serialization=False)
bad("whole-network-legacy.pth", "torch.nn.modules.linear.Linear", "torch.save(model.state_dict()")
torch.jit.script(torch.nn.Linear(2, 2)).save("torchscript.pth")
bad("torchscript.pth", "TorchScript")
with tarfile.open("tar.pth", "w") as t:
    for n in ("sys_info", "pickle", "tensors", "storages"):
        t.addfile(tarfile.TarInfo(n), io.BytesIO())
bad("tar.pth", "0.1.10")
numpy.savez("npz.pth", a=numpy.zeros(2))
os.rename("npz.pth.npz", "npz.pth")
bad("npz.pth", "NumPy")
archive("huge-storage.pth", entries(("a", tensor(storage(count=1 << 60), [1 << 60], [1])), ("b", plain)))
bad("huge-storage.pth", "1152921504606846976 elements", "cut short")
archive("huge-shape.pth", entries(("a", tensor(storage(), [1 << 40, 1 << 40], [1, 1])), ("b", plain)))
bad("huge-shape.pth", "2^60 elements")
archive("huge-repeat.pth", entries(("a", tensor(storage(), [1 << 40], [0])), ("b", plain)))
bad("huge-repeat.pth", "repeats its elements", ".clone()")
archive("huge-stride.pth", entries(("a", tensor(storage(), [3, 3], [1 << 62, 1])), ("b", plain)))
bad("huge-stride.pth", "reaches past")
archive("negative-stride.pth", entries(("a", tensor(storage(), [3], [-1], 5)), ("b", plain)))
bad("negative-stride.pth", "strides [-1]")
archive("beyond.pth", entries(("a", tensor(storage(), [2, 3], [4, 1])), ("b", plain)))
bad("beyond.pth", "reaches element 6 of a storage of 6")
archive("short-storage.pth", entries(("a", plain), ("b", other)), {"0": six[:20]})
bad("short-storage.pth", "6 elements of 4 bytes, it has 20 bytes")
archive("no-storage.pth", entries(("a", plain), ("b", other)), {})
bad("no-storage.pth", 'storage "0" is not in the archive')
archive("big-endian.pth", entries(("a", plain), ("b", other)), order="big")
bad("big-endian.pth", 'order "big"')
write("big-endian-legacy.pth", legacy_pickles(entries(("a", plain)), [("0", 6, six)], little=False))
bad("big-endian-legacy.pth", "big-endian")
write("cut-legacy.pth", legacy_pickles(entries(("a", plain), ("b", other)), [("0", 6, six)])[:-4])
bad("cut-legacy.pth", "cut short")
write("huge-legacy.pth", legacy_pickles(entries(("a", tensor(storage(count=1 << 60), [1], [1]))), [("0", 1 << 60, six)]))
bad("huge-legacy.pth", "cut short")
write("recursion.pth", legacy_pickles(b"\x80\x02" + b"]" * (1 << 20) + b"a" * (1 << 19) + b".", [])[: 1 << 14])
bad("recursion.pth", "cut short")
archive("bomb.pth", b"\x80\x02]q\x00" + b"".join(b"]q" + bytes([i + 1]) + b"(" + (b"h" + bytes([i])) * 10 + b"e" for i in range(200)) + b".")
bad("bomb.pth", "no dict of tensors")
write("long-text.pth", b"\x80\x02\x8d" + struct.pack("<Q", 1 << 60) + b"x")
bad("long-text.pth", "1152921504606846976 bytes are said to follow")
write("memo.pth", b"\x80\x02K\x01r\xff\xff\xff\xff0" + b"j\xfe\xff\xff\xff.")
bad("memo.pth", "entry 4294967294 of the memo")
archive("quantised.pth", entries(("a", g("torch._utils", "_rebuild_qtensor") + tup(storage(kind="QInt8Storage"), num(0)) + b"R")))
bad("quantised.pth", "QInt8Storage")
archive("sparse.pth", entries(("a", g("torch._utils", "_rebuild_sparse_tensor") + tup(b"N") + b"R")))
bad("sparse.pth", "_rebuild_sparse_tensor")
torch.save({"epoch": 3, "scores": [1, 2]}, "no-weights.pth")
bad("no-weights.pth", "a dict of 2", "no dict of tensors")
torch.save([torch.zeros(2)], "list.pth")
bad("list.pth", "a list of 1")
rezip("zip.pth", "damaged.pth")
with zipfile.ZipFile("damaged.pth") as z:
    e = z.getinfo("zip/data/0")
    at = e.header_offset + 30 + len(e.filename)
data = bytearray(open("damaged.pth", "rb").read())
data[at] ^= 1
write("damaged.pth", bytes(data))
bad("damaged.pth", "checksum")
rezip("zip.pth", "zip-bomb.pth", zipfile.ZIP_DEFLATED, lambda n, d: (n, bytes(64 << 20)) if n.endswith("data/0") else (n, d))
bad("zip-bomb.pth", "claims 67108864 bytes")
write("pickle.pth", pickle.dumps({"a": 1}, 2))
bad("pickle.pth", "not of torch.save")
write("nothing.pth", b"PK\x03\x04")
bad("nothing.pth", "cannot be read")

json.dump(expected, open("expected.json", "w"), indent=0)
json.dump(refused, open("refused.json", "w"), indent=0)
