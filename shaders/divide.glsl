// quotient is a / b rounded down, for b > 0 and results below 2^22. CPU drivers divide integers lane by lane, floats at once.
int quotient(int a, int b) {
    int q = int(float(a) / float(b)), rest = a - q * b;
    return q + int(rest >= b) - int(rest < 0);
}
