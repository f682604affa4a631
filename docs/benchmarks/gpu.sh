#!/bin/sh
# Measures this program on a GPU, and PyTorch beside it where that is installed, in less than six minutes and without a network:
#
#   make gpu-kit                                       where Go is
#   docs/benchmarks/gpu.sh [--out DIR] [flags]         on the machine with the GPU, in a copy of the repository with bin/gpu-kit.tar.gz
#   docs/benchmarks/gpu.sh --rehearse                  tiny sizes on the CPU's driver
#
# --kit names another kit, a folder or an archive of one; -help lists all flags. It writes gpu.json and gpu.md in DIR (gpu-report)
# and prints the latter. It needs a Vulkan loader, a driver and the C library of Debian 12 or Ubuntu 22.04, or newer.
set -eu
repo=$(cd "$(dirname "$0")/../.." && pwd)
kit=''
if [ "${1:-}" = --kit ]; then
    [ $# -ge 2 ] || { echo "gpu.sh: --kit: want a folder or an archive" >&2; exit 2; }
    kit=$2
    shift 2
fi
for found in "$repo/bin/gpu-kit" "$repo/bin/gpu-kit.tar.gz"; do
    [ -n "$kit" ] || ! [ -e "$found" ] || kit=$found
done
if [ -z "$kit" ]; then
    if ! command -v "${GO:-go}" >/dev/null || ! command -v make >/dev/null; then
        echo "gpu.sh: there is no kit, and no Go to make one: run make gpu-kit elsewhere and copy bin/gpu-kit.tar.gz to $repo/bin" >&2
        exit 1
    fi
    make -C "$repo" gpu-kit >&2
    kit=$repo/bin/gpu-kit
fi
[ -e "$kit" ] || { echo "gpu.sh: --kit $kit: there is no such folder or archive" >&2; exit 1; }

# An archive, and a folder that has lost its permissions on the way, are run from a copy.
copy=''
trap 'rm -rf "$copy"' EXIT
if [ -f "$kit" ] || ! "$kit/gpu" -help >/dev/null 2>&1; then
    copy=$(mktemp -d)
    if [ -f "$kit" ]; then
        tar -xzf "$kit" -C "$copy"
    else
        cp -R "$kit" "$copy/gpu-kit"
    fi
    kit=$copy/gpu-kit
    chmod +x "$kit"/*
fi
trap : INT TERM HUP # the program gets them too, and ends with what it has
code=0
"$kit/gpu" -kit "$kit" -repo "$repo" "$@" &
program=$!
trap 'kill -TERM $program 2>/dev/null' INT TERM HUP
while :; do # a signal ends wait, not the program
    code=0
    wait $program || code=$?
    kill -0 $program 2>/dev/null || break
done
exit $code
