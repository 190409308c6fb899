"""A sound in a picture: the outline of its waveform, and its spectrogram as a small PNG image."""

import base64
import io

import numpy as np
from numpy.typing import NDArray

from rnn_audio.types import Samples

OUTLINE_COLUMNS = 400
SPECTROGRAM_COLUMNS = 300
SPECTROGRAM_ROWS = 96
RANGE_DB = 80
"""What a spectrogram shows below the reference; everything quieter has the darkest colour."""

_LEVELS = 32  # colours: more cannot be told apart, and cost size
_TICKS_HZ = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
_BETWEEN_TICKS = 15  # per cent of the height
_WINDOW_S = 0.046  # shorter where the sound is
_LEAST_WINDOW, _MOST_WINDOW = 32, 2048
# From silence to the loudest: dark blue, purple, orange, light yellow; ever lighter, so that it also reads in grey.
_COLOURS = np.array([(6, 4, 32), (58, 15, 110), (140, 41, 129), (222, 73, 104), (254, 159, 109), (252, 253, 191)])


def outline(samples: NDArray[np.int16]) -> str:
    """The least and the largest sample of each column, as bytes (signed, in 128ths of full scale) in base64.

    All least ones come first. A sound, shape (n,), of fewer samples than `OUTLINE_COLUMNS` has one column for each.
    """
    edges = np.linspace(0, samples.size, min(OUTLINE_COLUMNS, samples.size) + 1).astype(int)
    ends = np.array([part.reduceat(samples, edges[:-1]) for part in (np.minimum, np.maximum)])
    return base64.b64encode((ends // 256).astype(np.int8).tobytes()).decode()


def spectrogram(samples: Samples, rate_hz: int, top_hz: float, reference: float) -> str:
    """The level over time and frequency as a PNG image in a `data:` URL.

    Rows are equally spaced in mel, from 0 Hz at the bottom.

    Args:
        samples: the sound, shape (n,).
        rate_hz: its rate.
        top_hz: the frequency at the top, at most half the rate.
        reference: the magnitude of the short-time spectrum that has the lightest colour, from `loudest`.
    """
    levels = 20 * np.log10(np.maximum(_magnitudes(samples, rate_hz, top_hz), 1e-30) / (reference or 1.0))
    shades = np.clip((levels + RANGE_DB) / RANGE_DB, 0, 1) * (_LEVELS - 1)
    return _png(np.rint(shades).astype(np.uint8)[::-1])


def loudest(samples: Samples, rate_hz: int, top_hz: float) -> float:
    """The largest magnitude of a sound's short-time spectrum, the reference of `spectrogram`."""
    return float(_magnitudes(samples, rate_hz, top_hz).max())


def frequency_ticks(top_hz: float) -> list[tuple[str, float]]:
    """Labels of a spectrogram's frequency axis that do not touch, each with its height in per cent."""
    ticks: list[tuple[str, float]] = []
    for hz in _TICKS_HZ:
        height = round(100 * _mel(hz) / _mel(top_hz), 1)
        if height - (ticks[-1][1] if ticks else 0) >= _BETWEEN_TICKS and height <= 100 - _BETWEEN_TICKS / 2:
            ticks.append((f"{hz / 1000:g} kHz" if hz >= 1000 else f"{hz} Hz", height))
    return ticks


def _magnitudes(samples: Samples, rate_hz: int, top_hz: float) -> NDArray[np.float64]:
    """Magnitudes of the short-time spectrum, [rows, columns]."""
    window = _window_samples(len(samples), rate_hz)
    hop = max(window // 8, -(-len(samples) // SPECTROGRAM_COLUMNS))
    padded = np.pad(np.asarray(samples, dtype=np.float64), window // 2, mode="symmetric")
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    spectra = np.abs(np.fft.rfft(frames * np.hanning(window), axis=1)) / window
    bins_hz = np.fft.rfftfreq(window, 1 / rate_hz)
    shown = np.searchsorted(bins_hz, top_hz, side="right")
    centres_hz = _hz(np.linspace(0, _mel(top_hz), min(SPECTROGRAM_ROWS, shown)))
    nearest = np.abs(bins_hz[None, :shown] - centres_hz[:, None]).argmin(axis=1)
    # Each row is the largest of its bins, so that no tone falls between two rows.
    pairs = zip(nearest, [*nearest[1:], shown], strict=True)
    return np.array([spectra[:, low : max(low + 1, high)].max(axis=1) for low, high in pairs])


def _window_samples(samples: int, rate_hz: int) -> int:
    """A power of two near `_WINDOW_S`, at most an eighth of a short sound."""
    wanted = min(_WINDOW_S * rate_hz, samples / 8)
    return int(np.clip(2 ** round(np.log2(max(wanted, 1))), _LEAST_WINDOW, _MOST_WINDOW))


def _mel(hz: float) -> float:
    return float(np.log1p(hz / 700))


def _hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return 700 * np.expm1(mel)


def _png(shades: NDArray[np.uint8]) -> str:
    from PIL import Image

    anchors = np.linspace(0, _LEVELS - 1, len(_COLOURS))
    palette = np.stack([np.interp(np.arange(_LEVELS), anchors, channel) for channel in _COLOURS.T], axis=1)
    image = Image.fromarray(np.ascontiguousarray(shades), mode="P")
    image.putpalette(np.rint(palette).astype(np.uint8).tobytes())
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=True, bits=5)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
