"""Spectra of a model's error and of the target (paper B, section 5.1 and figure 4).

Power spectra are averages of Hann-windowed periodograms that overlap by half (Welch's method), without removing the
mean. Levels are in decibels relative to amplitude 1 squared; those of the error also relative to the target.
"""

from dataclasses import dataclass

import numpy as np

from rnn_audio.errors import InputError
from rnn_audio.types import Floats, Samples

_LOWEST_HZ = 20.0
_THIRD_OCTAVES = range(-17, 14)  # 20 Hz to 20 kHz, counted from 1 kHz
# A resolution of 1.3 Hz for bands (three bins in the third octave at 20 Hz), and of 10 Hz for the fine spectrum.
_BAND_SEGMENT_S = 0.75
_FINE_SEGMENT_S = 0.1
_SMOOTHING_OCTAVES = 1 / 12
_FEWEST_BINS = 3  # the width of a Hann window's main lobe at half its height, in bins, rounded up


@dataclass(frozen=True)
class ErrorSpectrum:
    """Levels of an error and its target, by frequency.

    Attributes:
        frequencies_hz: frequencies, or centres of bands, ascending, [F].
        error_db: levels of the error, [F]; minus infinity where the error is zero.
        target_db: levels of the target, [F].
    """

    frequencies_hz: Floats
    error_db: Floats
    target_db: Floats

    @property
    def relative_db(self) -> Floats:
        """Error over target in dB, [F]: silence has 0 dB. NaN where both are zero."""
        with np.errstate(invalid="ignore"):
            return self.error_db - self.target_db


def error_spectrum(target: Samples, output: Samples, rate_hz: float) -> ErrorSpectrum:
    """Fine spectrum: power per hertz in bins of 10 Hz from 20 Hz up, smoothed over a twelfth of an octave.

    Args:
        target: [N].
        output: the model's output, [N].
        rate_hz: sampling rate in Hz.

    Raises:
        InputError: the signals differ in length or are empty, or the rate is too low for any bin.
    """
    error, wanted = _error_and_target(target, output, rate_hz, _FINE_SEGMENT_S)
    centres = error.frequencies_hz[(error.frequencies_hz >= _LOWEST_HZ) & (error.frequencies_hz < rate_hz / 2)]
    if centres.size == 0:
        raise InputError(f"{len(target)} samples at {rate_hz:g} Hz have no spectrum above {_LOWEST_HZ:g} Hz")
    half = 2 ** (_SMOOTHING_OCTAVES / 2)
    low, high = centres / half, np.minimum(centres * half, rate_hz / 2)
    return ErrorSpectrum(centres, *(_decibels(power.within(low, high) / (high - low)) for power in (error, wanted)))


def third_octaves(target: Samples, output: Samples, rate_hz: float) -> ErrorSpectrum:
    """Power in third-octave bands: IEC 61260-1, base 10, centres 1000 · 10^(n/10) Hz, edges 10^(±1/20) times these.

    Bands from 20 Hz to 20 kHz, without those that reach beyond half the rate or are too narrow to be resolved.

    Args:
        target: [N].
        output: the model's output, [N].
        rate_hz: sampling rate in Hz.

    Raises:
        InputError: the signals differ in length or are empty, or there is no usable band.
    """
    error, wanted = _error_and_target(target, output, rate_hz, _BAND_SEGMENT_S)
    centres = 1000.0 * 10.0 ** (np.array(_THIRD_OCTAVES) / 10.0)
    low, high = centres * 10**-0.05, centres * 10**0.05
    usable = (high <= rate_hz / 2) & (high - low >= _FEWEST_BINS * error.bin_hz)
    if not usable.any():
        raise InputError(f"{len(target)} samples at {rate_hz:g} Hz are too few for third octaves")
    levels = (_decibels(power.within(low, high)[usable]) for power in (error, wanted))
    return ErrorSpectrum(centres[usable], *levels)


def band_level_db(target: Samples, output: Samples, rate_hz: float, low_hz: float, high_hz: float) -> float:
    """Energy of the error in a band over the target's energy in that band, in decibels.

    Paper B, section 5.1: from 1 to 2 kHz it is about 5 dB lower for the A-weighting than for the other filters.

    Args:
        target: [N].
        output: the model's output, [N].
        rate_hz: sampling rate in Hz.
        low_hz: lower edge of the band in Hz.
        high_hz: upper edge in Hz, at most half the rate.

    Returns:
        The level; minus infinity if the error is zero, infinity if the target has no energy in the band.

    Raises:
        InputError: the signals differ in length or are empty, or the band is not within 0 Hz and half the rate.
    """
    _check_band(rate_hz, low_hz, high_hz)
    error, wanted = _error_and_target(target, output, rate_hz, _BAND_SEGMENT_S)
    edges = np.array([low_hz]), np.array([high_hz])
    with np.errstate(invalid="ignore"):
        return (_decibels(error.within(*edges)) - _decibels(wanted.within(*edges))).item()


def band_energies(target: Samples, output: Samples, rate_hz: float, low_hz: float, high_hz: float) -> Floats:
    """Energies of error and target in a band, second by second.

    The energies are those of the periodograms that `band_level_db` averages, each counted in the second in which its
    middle lies. The ratio of their sums is therefore that level.

    Args:
        target: [N].
        output: the model's output, [N].
        rate_hz: sampling rate in Hz.
        low_hz: lower edge of the band in Hz.
        high_hz: upper edge in Hz, at most half the rate.

    Returns:
        Error in the first column, target in the second, one row for each second: [B, 2].

    Raises:
        InputError: the signals differ in length or are empty, or the band is not within 0 Hz and half the rate.
    """
    from scipy.signal import spectrogram

    _check_band(rate_hz, low_hz, high_hz)
    wanted, segment = _checked(target, output, rate_hz, _BAND_SEGMENT_S)
    edges = np.array([low_hz]), np.array([high_hz])
    columns = []
    for signal in (wanted - output, wanted):
        frequencies, times_s, density = spectrogram(
            signal, rate_hz, "hann", segment, noverlap=segment // 2, detrend=False, mode="psd"
        )
        energies = [_PowerSpectrum(frequencies, each, rate_hz).within(*edges).item() for each in density.T]
        columns.append(np.bincount(times_s.astype(int), np.maximum(energies, 0.0)))
    return np.stack(columns, axis=1)


@dataclass(frozen=True)
class _PowerSpectrum:
    """Mean power density at equally spaced frequencies, [F], from 0 Hz to half the rate."""

    frequencies_hz: Floats
    density: Floats
    rate_hz: float

    @property
    def bin_hz(self) -> float:
        return float(self.frequencies_hz[1])

    def within(self, low_hz: Floats, high_hz: Floats) -> Floats:
        """Power between pairs of frequencies; a bin at an edge counts with the share of it that lies inside."""
        edges = np.append(np.maximum(self.frequencies_hz - self.bin_hz / 2, 0.0), self.rate_hz / 2)
        total = np.append(0.0, np.cumsum(self.density * self.bin_hz))
        return np.interp(high_hz, edges, total) - np.interp(low_hz, edges, total)


def _error_and_target(
    target: Samples, output: Samples, rate_hz: float, segment_s: float
) -> tuple[_PowerSpectrum, _PowerSpectrum]:
    wanted, segment = _checked(target, output, rate_hz, segment_s)
    return _welch(wanted - output, rate_hz, segment), _welch(wanted, rate_hz, segment)


def _check_band(rate_hz: float, low_hz: float, high_hz: float) -> None:
    if not 0 <= low_hz < high_hz <= rate_hz / 2:
        raise InputError(f"a band from {low_hz:g} to {high_hz:g} Hz does not lie between 0 and {rate_hz / 2:g} Hz")


def _checked(target: Samples, output: Samples, rate_hz: float, segment_s: float) -> tuple[Floats, int]:
    """The target in double precision, and the samples of a periodogram."""
    from scipy.fft import next_fast_len

    if target.ndim != 1 or target.shape != output.shape or target.size < 2:
        raise InputError(
            f"target {target.shape} and output {output.shape} must be mono, equally long and at least 2 samples"
        )
    wanted = np.asarray(target, dtype=np.float64)
    return wanted, min(next_fast_len(round(segment_s * rate_hz)), len(wanted))


def _welch(signal: Floats, rate_hz: float, segment: int) -> _PowerSpectrum:
    from scipy.signal import welch

    return _PowerSpectrum(*welch(signal, rate_hz, "hann", segment, detrend=False), rate_hz)


def _decibels(power: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        # Because of rounding, differences of cumulative sums can be slightly negative.
        return 10.0 * np.log10(np.maximum(power, 0.0))
