"""Sound within a page: 16-bit samples, packed without a codec, so that every browser plays exactly these samples."""

import base64
import zlib
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from rnn_audio.types import Samples

FULL_SCALE = 32768
"""The 16-bit number, one above the largest, that stands for a sample of 1."""


def to_pcm16(samples: Samples) -> NDArray[np.int16]:
    """Round samples, shape (n,), to 16 bits; what exceeds -1 to 1 is clipped.

    >>> to_pcm16(np.array([0.0, 0.5, -1.0, 2.0])).tolist()
    [0, 16384, -32768, 32767]
    """
    scaled = np.rint(np.asarray(samples, dtype=np.float64) * FULL_SCALE)
    return np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)


def pack(samples: NDArray[np.int16]) -> str:
    """Compress 16-bit samples, shape (n,), without loss to text that `unpackSound` of `player.js` reads.

    Second differences modulo 2^16, signs folded into the lowest bit, all low bytes before all high bytes, zlib, base64:
    about two fifths of the samples' size for music.
    """
    wide = np.asarray(samples, dtype=np.int64)
    bends = np.diff(np.diff(wide, prepend=0), prepend=0)
    bends = (bends + 32768 & 0xFFFF) - 32768
    folded = (bends << 1 ^ bends >> 63) & 0xFFFF
    layers = (folded & 255).astype(np.uint8).tobytes() + (folded >> 8).astype(np.uint8).tobytes()
    return base64.b64encode(zlib.compress(layers, 9)).decode()


def player_script() -> str:
    """The JavaScript of the player, to be put into a page's `<script>`; it is ASCII, and has no `</`."""
    return (files("rnn_audio.reporting.page") / "static" / "player.js").read_text(encoding="ascii")
