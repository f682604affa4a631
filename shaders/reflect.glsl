// reflected brings an index outside 0..n-1 back inside, about the outermost pixels: -1 to 1, n to n-2. Few indices lie
// so far outside that the loop runs; a remainder would cost every one.
int reflected(int i, int n) {
    int period = max(2 * (n - 1), 1);
    i = abs(i);
    while (i > period) i -= period;
    return min(i, period - i);
}
