"""Prints the checksums of crop_rgb_test.go: views of images by formula, cropped, resized and flipped by Pillow.

    python3 crop_rgb.py

The product and its tests need neither Python nor this script.
"""

import zlib

import numpy as np
import PIL
from PIL import Image

# height and width of the images; of each its box: top, left, height, width, flip, shift down, shift right
CASES = [
    (1, 1, [(0, 0, 1, 1, 0, 0, 0)]),
    (5, 7, [(1, 2, 3, 4, 0, 0, 0), (0, 0, 5, 7, 1, 0, 0)]),
    (32, 32, [(0, 0, 32, 32, 0, 0, 0), (3, 7, 13, 9, 1, 0, 0), (16, 0, 16, 8, 0, 0, 0), (31, 31, 1, 1, 0, 0, 0)]),
    (33, 64, [(2, 1, 30, 49, 1, 0, 0), (0, 32, 11, 32, 0, 0, 0)]),
    (224, 224, [(100, 13, 112, 196, 0, 0, 0), (7, 0, 98, 131, 1, 0, 0)]),
    (12, 640, [(5, 130, 6, 509, 0, 0, 0)]),
    (9, 8, [(1, 1, 7, 5, 1, 2, -3)]),
]

print("Pillow", PIL.__version__)
for h, w, boxes in CASES:
    i = np.arange(len(boxes) * 3 * h * w, dtype=np.int64)
    images = (i * i * 151 >> 7).astype(np.uint8).reshape(len(boxes), h, w, 3)
    views = b""
    for image, (top, left, bh, bw, flip, down, right) in zip(images, boxes):
        view = Image.fromarray(image).crop((left, top, left + bw, top + bh)).resize((w, h), Image.BILINEAR)
        if flip:
            view = view.transpose(Image.FLIP_LEFT_RIGHT)
        views += np.roll(np.asarray(view), (down, right), (0, 1)).tobytes()
    print(f"{h}x{w}: {zlib.crc32(views):#x}")
