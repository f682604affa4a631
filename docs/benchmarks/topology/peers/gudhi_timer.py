"""Times GUDHI on one input: the processor's microseconds of the fastest run, and the number of bars of H1.

    python3 gudhi_timer.py sparse EDGES SECONDS     lines "i j d"
    python3 gudhi_timer.py matrix LOWER SECONDS     numbers below the diagonal, row after row
    python3 gudhi_timer.py version

A graph: from arrays of edges into a SimplexTree (insert_batch), expansion to dimension 2, H0 and H1 over Z/2. A matrix:
edges up to the enclosing radius into the tree, edge collapse, expansion, H0 and H1. The work is done in C++ behind a
handful of calls; no bar is turned into a Python object while the clock runs.
"""

import sys
import time

import gudhi
import numpy as np


def graph(n, pairs, weights):
    tree = gudhi.SimplexTree()
    tree.insert_batch(np.arange(n, dtype=np.int32)[None, :], np.zeros(n))
    tree.insert_batch(pairs, weights)
    return tree


def persistence(tree):
    tree.expansion(2)
    tree.compute_persistence(homology_coeff_field=2, persistence_dim_max=True)
    return tree


def read(form, path):
    """The case as a function to time."""
    if form == "sparse":
        rows = np.loadtxt(path, ndmin=2)
        pairs, weights = np.ascontiguousarray(rows[:, :2].T.astype(np.int32)), rows[:, 2].copy()
        n = int(pairs.max()) + 1
        return lambda: persistence(graph(n, pairs, weights))
    lower = np.array(open(path).read().replace(",", " ").split(), dtype=float)
    n = int((1 + (1 + 8 * len(lower)) ** 0.5) / 2 + 0.5)
    d = np.zeros((n, n))
    d[np.tril_indices(n, -1)] = lower
    d += d.T

    def rips():
        i, j = np.nonzero(np.tril(d <= d.max(axis=1).min(), -1))
        tree = graph(n, np.stack([i, j]).astype(np.int32), d[i, j])
        tree.collapse_edges()
        return persistence(tree)
    return rips


def main():
    if sys.argv[1] == "version":
        print(gudhi.__version__)
        return
    run, seconds = read(sys.argv[1], sys.argv[2]), float(sys.argv[3])
    bars = len(run().persistence_intervals_in_dimension(1))
    best, end = float("inf"), time.process_time() + seconds
    while best == float("inf") or time.process_time() < end:
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    print(best * 1e6, bars)


if __name__ == "__main__":
    main()
