// reflected brings an index outside 0..n-1 back inside, about the outermost pixels: -1 to 1, n to n-2.
int reflected(int i, int n) {
    int period = 2 * (n - 1);
    i = abs(i);
    if (i > period) i = period > 0 ? i % period : 0;
    return min(i, period - i);
}
