#!/usr/bin/env python3
"""Corrupt images with OpenCV, scikit-image, scipy, Pillow and ImageMagick by the public generator's definition, given the
random numbers of package corrupt, and write reference.bin. See README.md. Needs numpy, scipy, scikit-image, opencv-python,
pillow and wand with ImageMagick 6."""
import io, math, os, sys
import cv2, numpy as np
from PIL import Image
from scipy.ndimage import map_coordinates, zoom as scizoom
from scipy.stats import poisson
from skimage.color import hsv2rgb, rgb2hsv
from skimage.filters import gaussian
from wand.image import Image as Wand

HERE = os.path.dirname(os.path.abspath(__file__))
M64 = 2**64 - 1

def mix(z):
    z = (z + 0x9E3779B97F4A7C15) & M64
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & M64
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & M64
    return z ^ z >> 31

def fnv(text):
    h = 0xCBF29CE484222325
    for b in text.encode():
        h = ((h ^ b) * 0x100000001B3) & M64
    return h

class Draws:
    """The numbers of a stream of Philox4x32-10 from number 1 on."""
    def __init__(self, seed, stream, *parts):
        for p in parts:
            seed = mix(seed ^ (p & M64))
        self.seed, self.stream, self.at = seed, stream, 1

    def words(self, n):
        first, last = self.at // 4, (self.at + n - 1) // 4
        i = np.arange(first, last + 1, dtype=np.uint64)
        low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
        c = [i & low, i >> shift, np.full_like(i, self.stream), np.zeros_like(i)]
        for r in range(10):
            k0, k1 = (np.uint64((s + w * r) & 0xFFFFFFFF) for s, w in ((self.seed, 0x9E3779B9), (self.seed >> 32, 0xBB67AE85)))
            a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
            c = [b >> shift ^ c[1] ^ k0, b & low, a >> shift ^ c[3] ^ k1, a & low]
        out = np.stack(c, 1).reshape(-1)[self.at - 4 * first:][:n]
        self.at += n
        return out

    def uniform(self, lo, hi, shape=()):
        n = int(np.prod(shape)) if shape else 1
        v = lo + (hi - lo) * ((self.words(n) >> np.uint64(8)).astype(np.float64) * 2.0**-24)
        return v.reshape(shape) if shape else v[0]

    def below(self, m, shape):
        return (self.words(int(np.prod(shape))) * np.uint64(m) >> np.uint64(32)).astype(int).reshape(shape)

    def normal(self, shape):
        u = self.uniform(0, 1, tuple(shape) + (2,))
        return np.sqrt(-2 * np.log1p(-u[..., 0])) * np.cos(2 * np.pi * u[..., 1])

def picture(k, n):
    """Image k: a grating, a disc and noise."""
    d = Draws(1000 + k, 9)
    fy, fx, phase = d.uniform(-3, 3), d.uniform(-3, 3), d.uniform(0, 6.28, (3,))
    cy, cx, r, colour = d.uniform(.25 * n, .75 * n), d.uniform(.25 * n, .75 * n), d.uniform(.1 * n, .35 * n), d.uniform(-90, 90, (3,))
    y, x = np.mgrid[:n, :n].astype(float)
    v = 128 + 50 * np.sin(2 * np.pi * (fy * y + fx * x)[..., None] / n + phase)
    v += np.where(((y - cy)**2 + (x - cx)**2 < r * r)[..., None], colour, 0) + 24 * (d.uniform(0, 1, (n, n, 3)) - .5)
    return np.clip(np.floor(v), 0, 255).astype(np.uint8)

def disk(radius, soft):
    reach, k = (8, 3) if radius <= 8 else (int(radius), 5)
    y, x = np.mgrid[-reach:reach + 1, -reach:reach + 1]
    m = np.array(x**2 + y**2 <= radius**2, dtype=np.float32)
    return cv2.GaussianBlur(m / m.sum(), ksize=(k, k), sigmaX=soft)

def blurred(x, sigma, **kw):
    return gaussian(x, sigma=sigma, channel_axis=-1, **kw) if x.ndim == 3 else gaussian(x, sigma=sigma, **kw)

def magick(x, radius, sigma, angle):
    w = Wand.from_array(x)
    import ctypes
    from wand.api import library
    library.MagickMotionBlurImage.argtypes = (ctypes.c_void_p, ctypes.c_double, ctypes.c_double, ctypes.c_double)
    library.MagickMotionBlurImage(w.wand, radius, sigma, angle)
    out = cv2.imdecode(np.frombuffer(w.make_blob("png"), np.uint8), cv2.IMREAD_UNCHANGED)
    return out if out.ndim == 2 else out[..., 2::-1]

def zoomed(x, f):
    h = x.shape[0]
    ch = int(np.ceil(h / f))
    top = (h - ch) // 2
    out = scizoom(x[top:top + ch, top:top + ch], (f, f, 1), order=1)
    trim = (out.shape[0] - h) // 2
    return out[trim:trim + h, trim:trim + h]

def plasma(size, decay, d):
    m, step, wobble = np.zeros((size, size)), size, 100.0
    def mean(four): return four / 4 + wobble * d.uniform(-wobble, wobble, four.shape)
    while step >= 2:
        h = step // 2
        corner = m[::step, ::step]
        m[h::step, h::step] = mean(corner + np.roll(corner, -1, 0) + np.roll(corner, -1, 1) + np.roll(np.roll(corner, -1, 0), -1, 1))
        middle, corner = m[h::step, h::step], m[::step, ::step]
        m[::step, h::step] = mean(middle + np.roll(middle, 1, 0) + corner + np.roll(corner, -1, 1))
        m[h::step, ::step] = mean(middle + np.roll(middle, 1, 1) + corner + np.roll(corner, -1, 0))
        step //= 2
        wobble /= decay
    m -= m.min()
    return m / m.max()

def gaussian_noise(x, c, d): return np.clip(x / 255. + c * d.normal(x.shape), 0, 1) * 255
def shot_noise(x, c, d): return np.clip(poisson.ppf(d.uniform(0, 1, x.shape), x / 255. * c) / c, 0, 1) * 255

def impulse_noise(x, c, d):
    u = d.uniform(0, 1, x.shape + (2,))
    return np.where(u[..., 0] < c, np.where(u[..., 1] < .5, 1., 0.), x / 255.) * 255

def defocus_blur(x, c, d):
    k = disk(*c)
    return np.clip(np.stack([cv2.filter2D(x[..., i] / 255., -1, k) for i in range(3)], -1), 0, 1) * 255

def glass_blur(x, c, d):
    sigma, shift, rounds = c
    n = x.shape[0]
    x = np.uint8(blurred(x / 255., sigma) * 255)
    for _ in range(rounds):
        moves = iter(d.below(2 * shift, ((n - 2 * shift)**2, 2)) - shift)
        for h in range(n - shift, shift, -1):
            for w in range(n - shift, shift, -1):
                dx, dy = next(moves)
                x[h, w], x[h + dy, w + dx] = x[h + dy, w + dx], x[h, w]  # copies: both sides are views
    return np.clip(blurred(x / 255., sigma), 0, 1) * 255

def motion_blur(x, c, d): return magick(x, c[0], c[1], d.uniform(-45, 45))

def zoom_blur(x, c, d):
    factors = np.arange(1, *c)
    x = (x / 255.).astype(np.float32)
    out = np.zeros_like(x)
    for f in factors:
        out += zoomed(x, f)
    return np.clip((x + out) / (len(factors) + 1), 0, 1) * 255

def snow(x, c, d):
    x = np.array(x, dtype=np.float32) / 255.
    layer = zoomed((c[0] + c[1] * d.normal(x.shape[:2]))[..., None], c[2])
    layer[layer < c[3]] = 0
    layer = (np.clip(layer.squeeze(), 0, 1) * 255).astype(np.uint8)
    layer = magick(layer, c[4], c[5], d.uniform(-135, -45))
    layer = (layer if layer.ndim == 2 else layer[..., 0])[..., None] / 255.
    x = c[6] * x + (1 - c[6]) * np.maximum(x, cv2.cvtColor(x, cv2.COLOR_RGB2GRAY)[..., None] * 1.5 + 0.5)
    return np.clip(x + layer + np.rot90(layer, k=2), 0, 1) * 255

def fog(x, c, d):
    n = x.shape[0]
    x = x / 255.
    most = x.max()
    x = x + c[0] * plasma(1 << (n - 1).bit_length(), c[1], d)[:n, :n, None]
    return np.clip(x * most / (most + c[0]), 0, 1) * 255

def brightness(x, c, d):
    x = rgb2hsv(x / 255.)
    x[..., 2] = np.clip(x[..., 2] + c, 0, 1)
    return np.clip(hsv2rgb(x), 0, 1) * 255

def contrast(x, c, d):
    x = x / 255.
    m = x.mean(axis=(0, 1), keepdims=True)
    return np.clip((x - m) * c + m, 0, 1) * 255

def elastic_transform(x, c, d):
    n = x.shape[0]
    strength, sigma, affine = (v * (244 if n == 224 else n) for v in c)
    x = np.array(x, dtype=np.float32) / 255.
    middle, half = np.float32((n, n)) // 2, n // 3
    one = np.float32([middle + half, [middle[0] + half, middle[1] - half], middle - half])
    two = one + d.uniform(-affine, affine, one.shape).astype(np.float32)
    x = cv2.warpAffine(x, cv2.getAffineTransform(one, two), (n, n), borderMode=cv2.BORDER_REFLECT_101)
    dx, dy = ((gaussian(d.uniform(-1, 1, (n, n)), sigma, mode="reflect", truncate=3) * strength).astype(np.float32)[..., None] for _ in range(2))
    u, v, w = np.meshgrid(np.arange(n), np.arange(n), np.arange(3))
    at = [np.reshape(a, (-1, 1)) for a in (v + dy, u + dx, w)]
    return np.clip(map_coordinates(x, at, order=1, mode="reflect").reshape(n, n, 3), 0, 1) * 255

def pixelate(x, c, d):
    n, m = x.shape[0], Image.fromarray(x)
    return m.resize((int(n * c), int(n * c)), Image.BOX).resize((n, n), Image.BOX)

def jpeg_compression(x, c, d):
    out = io.BytesIO()
    Image.fromarray(x).save(out, "JPEG", quality=c)
    return Image.open(out)

SMALL_ZOOM = [(1.06, .01), (1.11, .01), (1.16, .01), (1.21, .01), (1.26, .01)]
TABLES = {  # by side, then severity
    "gaussian-noise": (gaussian_noise, {32: [.04, .06, .08, .09, .10], 64: [.04, .08, .12, .15, .18], 224: [.08, .12, .18, .26, .38]}),
    "shot-noise": (shot_noise, {32: [500, 250, 100, 75, 50], 64: [250, 100, 50, 30, 15], 224: [60, 25, 12, 5, 3]}),
    "impulse-noise": (impulse_noise, {32: [.01, .02, .03, .05, .07], 64: [.01, .02, .05, .08, .14], 224: [.03, .06, .09, .17, .27]}),
    "defocus-blur": (defocus_blur, {32: [(.3, .4), (.4, .5), (.5, .6), (1, .2), (1.5, .1)], 64: [(.5, .6), (1, .1), (1.5, .1), (2.5, .01), (3, .1)],
                                    224: [(3, .1), (4, .5), (6, .5), (8, .5), (10, .5)]}),
    "glass-blur": (glass_blur, {32: [(.05, 1, 1), (.25, 1, 1), (.4, 1, 1), (.25, 1, 2), (.4, 1, 2)], 64: [(.1, 1, 1), (.5, 1, 1), (.6, 1, 2), (.7, 2, 1), (.9, 2, 2)],
                                224: [(.7, 1, 2), (.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)]}),
    "motion-blur": (motion_blur, {32: [(6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)], 64: [(10, 1), (10, 1.5), (10, 2), (10, 2.5), (12, 3)],
                                  224: [(10, 3), (15, 5), (15, 8), (15, 12), (20, 15)]}),
    "zoom-blur": (zoom_blur, {32: SMALL_ZOOM, 64: SMALL_ZOOM, 224: [(1.11, .01), (1.16, .01), (1.21, .02), (1.26, .02), (1.31, .03)]}),
    "snow": (snow, {32: [(.1, .2, 1, .6, 8, 3, .95), (.1, .2, 1, .5, 10, 4, .9), (.15, .3, 1.75, .55, 10, 4, .9), (.25, .3, 2.25, .6, 12, 6, .85), (.3, .3, 1.25, .65, 14, 12, .8)],
                    64: [(.1, .2, 1, .6, 8, 3, .8), (.1, .2, 1, .5, 10, 4, .8), (.15, .3, 1.75, .55, 10, 4, .7), (.25, .3, 2.25, .6, 12, 6, .65), (.3, .3, 1.25, .65, 14, 12, .6)],
                    224: [(.1, .3, 3, .5, 10, 4, .8), (.2, .3, 2, .5, 12, 4, .7), (.55, .3, 4, .9, 12, 8, .7), (.55, .3, 4.5, .85, 12, 8, .65), (.55, .3, 2.5, .85, 12, 12, .55)]}),
    "fog": (fog, {32: [(.2, 3), (.5, 3), (.75, 2.5), (1, 2), (1.5, 1.75)], 64: [(.4, 3), (.7, 3), (1, 2.5), (1.5, 2), (2, 1.75)], 224: [(1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)]}),
    "brightness": (brightness, {32: [.05, .1, .15, .2, .3], 64: [.1, .2, .3, .4, .5], 224: [.1, .2, .3, .4, .5]}),
    "contrast": (contrast, {32: [.75, .5, .4, .3, .15], 64: [.4, .3, .2, .1, .05], 224: [.4, .3, .2, .1, .05]}),
    "elastic-transform": (elastic_transform, {32: [(0, 0, .08), (.05, .2, .07), (.08, .06, .06), (.1, .04, .05), (.1, .03, .03)],
                                              64: [(0, 0, .08), (.05, .3, .06), (.1, .08, .06), (.1, .03, .03), (.16, .03, .02)],
                                              224: [(2, .7, .1), (2, .08, .2), (.05, .01, .02), (.07, .01, .02), (.12, .01, .02)]}),
    "pixelate": (pixelate, {32: [.95, .9, .85, .75, .65], 64: [.9, .8, .7, .6, .5], 224: [.6, .5, .4, .3, .25]}),
    "jpeg-compression": (jpeg_compression, {32: [80, 65, 58, 50, 40], 64: [65, 58, 50, 40, 25], 224: [25, 18, 15, 10, 7]}),
}
SAMPLES, COUNT, SEED = 256, {32: 20, 64: 10, 224: 5}, 7

if __name__ == "__main__":
    with open(os.path.join(HERE, "reference.bin"), "wb") as f:
        for name, (corrupt, constants) in TABLES.items():
            for n, count in COUNT.items():
                at = Draws(5, 10, n).below(n * n * 3, (SAMPLES,))
                for k in range(count):
                    severity = k % 5 + 1
                    d = Draws(SEED, 1, severity, fnv(name + "\0" + f"image {k}"))
                    out = np.uint8(np.array(corrupt(picture(k, n), constants[n][severity - 1], d)))
                    f.write(out.reshape(-1)[at].tobytes())
            print(name, file=sys.stderr)
