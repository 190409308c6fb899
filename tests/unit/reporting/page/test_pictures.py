import base64
import io
import itertools

import numpy as np
import pytest
from PIL import Image

from rnn_audio.reporting.page.pictures import (
    OUTLINE_COLUMNS,
    RANGE_DB,
    SPECTROGRAM_ROWS,
    frequency_ticks,
    loudest,
    outline,
    spectrogram,
)

RATE_HZ = 8000
TIMES_S = np.arange(RATE_HZ) / RATE_HZ


def ends(packed: str) -> np.ndarray:
    """Least and largest samples of each column, [2, columns]."""
    return np.frombuffer(base64.b64decode(packed), np.int8).reshape(2, -1)


def shades(url: str) -> np.ndarray:
    """The image, lowest frequency first."""
    head, _, content = url.partition(",")
    assert head == "data:image/png;base64"
    return np.array(Image.open(io.BytesIO(base64.b64decode(content))))[::-1]


def mel(hz: float) -> float:
    return 2595 * np.log10(1 + hz / 700)


def test_an_outline_has_the_extremes_of_each_column() -> None:
    samples = np.zeros(10 * OUTLINE_COLUMNS, dtype=np.int16)
    samples[42] = 32767
    samples[57] = -32768
    low, high = ends(outline(samples))
    assert (len(low), high.argmax(), low.argmin()) == (OUTLINE_COLUMNS, 4, 5)
    assert (high.max(), low.min()) == (127, -128)
    assert np.count_nonzero(low) == np.count_nonzero(high) == 1


def test_a_short_sounds_outline_is_its_samples() -> None:
    low, high = ends(outline(np.array([0, 512, -512], dtype=np.int16)))
    assert low.tolist() == high.tolist() == [0, 2, -2]


@pytest.mark.parametrize("hz", [250.0, 1000.0, 3000.0])
def test_a_tone_is_brightest_at_its_height_all_the_time(hz: float) -> None:
    tone = np.sin(2 * np.pi * hz * TIMES_S)
    image = shades(spectrogram(tone, RATE_HZ, RATE_HZ / 2, loudest(tone, RATE_HZ, RATE_HZ / 2)))
    assert image.shape[0] == SPECTROGRAM_ROWS
    heights = image.argmax(axis=0) / (SPECTROGRAM_ROWS - 1)
    assert heights == pytest.approx(np.full(image.shape[1], mel(hz) / mel(RATE_HZ / 2)), abs=0.03)
    assert image.max() == 31


def test_a_tone_that_stops_is_bright_until_then() -> None:
    tone = np.sin(2 * np.pi * 1000 * TIMES_S) * (TIMES_S < 0.5)
    image = shades(spectrogram(tone, RATE_HZ, RATE_HZ / 2, loudest(tone, RATE_HZ, RATE_HZ / 2)))
    bright = image.max(axis=0) > 25
    middle = image.shape[1] // 2
    assert bright[: middle - 10].all()
    assert not bright[middle + 10 :].any()
    assert image[:, -1].max() == 0


def test_the_range_of_levels_ends_where_the_page_says() -> None:
    tone = np.sin(2 * np.pi * 1000 * TIMES_S)
    reference = loudest(tone, RATE_HZ, RATE_HZ / 2)
    half = shades(spectrogram(tone * 10 ** (-RANGE_DB / 2 / 20), RATE_HZ, RATE_HZ / 2, reference)).max()
    assert half == pytest.approx(15.5, abs=1)
    assert shades(spectrogram(tone * 10 ** (-1.1 * RANGE_DB / 20), RATE_HZ, RATE_HZ / 2, reference)).max() == 0


def test_frequencies_above_the_top_are_left_out() -> None:
    tone = np.sin(2 * np.pi * 3000 * TIMES_S)
    assert loudest(tone, RATE_HZ, 500) < 1e-2 * loudest(tone, RATE_HZ, 4000)


@pytest.mark.parametrize("samples", [1, 16, 33, 512])
def test_any_length_and_silence_have_a_picture(samples: int) -> None:
    assert shades(spectrogram(np.zeros(samples), 1024, 512, 0.0)).max() == 0


@pytest.mark.parametrize("top_hz", [512, 2756, 22050])
def test_ticks_stand_at_their_frequencies_and_apart(top_hz: float) -> None:
    ticks = frequency_ticks(top_hz)
    assert len(ticks) >= 2
    for text, height in ticks:
        number, unit = text.split()
        hz = float(number) * (1000 if unit == "kHz" else 1)
        assert height == pytest.approx(100 * mel(hz) / mel(top_hz), abs=0.1)
    heights = [height for _, height in ticks]
    assert all(high - low >= 15 for low, high in itertools.pairwise(heights))
