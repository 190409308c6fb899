from copy import copy
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_audio.signals.streamed_resampling import StreamedResampler
from rnn_audio.types import Floats

RATES = [(48_000, 44_100), (44_100, 48_000), (96_000, 44_100), (22_050, 44_100), (44_100, 22_050), (8_000, 11_025)]


@cache
def designed(from_hz: int, to_hz: int) -> StreamedResampler:
    """A resampler of which nothing was asked yet; to be copied. The design of its filter takes the longest."""
    return StreamedResampler(from_hz, to_hz)


def resample(samples: Floats, from_hz: int, to_hz: int, ends: list[int]) -> Floats:
    resampler = copy(designed(from_hz, to_hz))
    blocks = [resampler.process(block) for block in np.split(samples, ends)]
    return np.concatenate([*blocks, resampler.finish()])


def tone(rate_hz: int, samples: int, hertz: float) -> Floats:
    return np.sin(2 * np.pi * hertz * np.arange(samples) / rate_hz)


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_a_tone_below_the_lower_half_rate_stays_the_same_tone_in_time(from_hz: int, to_hz: int, share: float) -> None:
    hertz = share * min(from_hz, to_hz) / 2
    outputs = resample(tone(from_hz, 6000, hertz), from_hz, to_hz, [1000])
    away = slice(400, -400)  # from the ends, where the tone is cut
    np.testing.assert_allclose(outputs[away], tone(to_hz, len(outputs), hertz)[away], atol=3e-5)


@pytest.mark.parametrize(("from_hz", "to_hz"), [(48_000, 44_100), (44_100, 22_050)])
def test_a_tone_above_the_new_half_rate_is_gone(from_hz: int, to_hz: int) -> None:
    outputs = resample(tone(from_hz, 6000, 1.02 * to_hz / 2), from_hz, to_hz, [])
    assert np.abs(outputs[400:-400]).max() < 3e-5


@given(st.lists(st.integers(0, 3000), max_size=8), st.sampled_from(RATES))
@settings(max_examples=25)
def test_blocks_change_nothing(ends: list[int], rates: tuple[int, int]) -> None:
    samples = np.random.default_rng(4).uniform(-1, 1, 3000)
    np.testing.assert_allclose(
        resample(samples, *rates, sorted(ends)), resample(samples, *rates, []), atol=1e-13, rtol=0
    )


@pytest.mark.parametrize("samples", [1, 2, 146, 147, 148, 1000])
@pytest.mark.parametrize(("from_hz", "to_hz"), [*RATES, (44_100, 44_101)])
def test_the_length_is_rounded_up(samples: int, from_hz: int, to_hz: int) -> None:
    outputs = resample(np.ones(samples), from_hz, to_hz, [])
    assert len(outputs) == -(-samples * to_hz // from_hz)


def test_nothing_comes_of_nothing() -> None:
    assert len(resample(np.empty(0), 48_000, 44_100, [])) == 0


def test_it_holds_no_more_than_a_block_and_the_filters_reach() -> None:
    resampler = StreamedResampler(48_000, 44_100)
    for _ in range(30):
        resampler.process(np.ones(2000))
    assert len(resampler._buffer) < 1000
