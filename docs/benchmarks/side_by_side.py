"""Times one step in reta and in PyTorch by turns, on the same cores, and prints the ratio of the fastest runs.

    python3 side_by_side.py --server ./bin/server --rounds 5 --threads 2 --step recover --size 32 --batch 16

Turns even out what else the machine does; every turn is a fresh process of either side. Arguments after -- go to
torch_step.py (--layout, --mode, --device cuda). JSON lines of all turns go to --json FILE.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--server", default=str(HERE.parent.parent / "bin" / "server"))
    p.add_argument("--step", default="recover")
    p.add_argument("--network", default="resnet18")
    p.add_argument("--size", default="32")
    p.add_argument("--batch", default="16")
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", default="4", help="per turn and measurement")
    p.add_argument("--json")
    p.add_argument("torch", nargs="*", help="arguments for torch_step.py")
    args = p.parse_args()
    case = ["--network", args.network, "--step", args.step, "--size", args.size, "--batch", args.batch, "--seconds", args.seconds]
    rows = []
    for _ in range(args.rounds):
        out = subprocess.run([args.server, "bench", "--json", "--repeats", "4", *case], check=True, capture_output=True, text=True).stdout
        rows += [json.loads(line) | {"mode": "", "layout": ""} for line in out.splitlines()]
        with tempfile.NamedTemporaryFile("r", suffix=".json") as f:
            subprocess.run([sys.executable, str(HERE / "torch_step.py"), "--repeats", "4", "--json", f.name, *case, *args.torch],
                           check=True, capture_output=True, text=True)
            rows += [json.loads(line) for line in f.read().splitlines()]
    if args.json:
        pathlib.Path(args.json).write_text("".join(json.dumps(r) + "\n" for r in rows))
    best = {}
    for r in rows:
        key = r["peer"], r["mode"], r["layout"]
        if key not in best or r["steps_per_second"] > best[key]["steps_per_second"]:
            best[key] = r
    ours = max(r["steps_per_second"] for k, r in best.items() if k[0].startswith("reta"))
    print(f"{'':40} {'steps/s':>9} {'GFLOP/s':>9} {'peak MiB':>9} {'reta / it':>9}")
    for key, r in best.items():
        print(f"{' '.join(key).strip():40} {r['steps_per_second']:9.3f} {r['gflops']:9.1f} {r['peak_bytes'] / 2**20:9.0f} "
              f"{ours / r['steps_per_second']:9.3f}")


if __name__ == "__main__":
    main()
