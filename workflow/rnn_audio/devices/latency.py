"""Latency between the input and the target of a device: measured, reported, and corrected if the configuration says so.

A target that is recorded through converters is often some samples late. A recurrent network can learn a delay of a few
samples, at the cost of capacity, but not one of hundreds.

Distortion and filters change the waveform, so the waveforms cannot be compared directly. Their envelopes keep their
shape: the peak of the cross-correlation of both envelopes gives the latency within a few milliseconds. That of both
onset curves (how fast the logarithm of the envelope rises) refines it. The rest is the device's own phase shift, which
this measurement cannot distinguish from latency: up to about 1 ms for an amplifier that thins the bass, because a
plucked string's high partials start that much later than its first push.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rnn_audio.errors import InputError
from rnn_audio.types import Floats

LONGEST_S = 0.5
"""Longest latency that is searched for by default, late or early, in seconds."""

_SMOOTHING_S = 0.001
_REFINED_WITHIN_S = 0.003
_RIVAL_BEYOND_S = 0.010
_ONSET_FLOOR = 1e-3  # relative to the envelope's peak: rises of the noise below it are not onsets
_BLOCK_S = 10.0


@dataclass(frozen=True)
class Latency:
    """Delay of the target relative to the input.

    Attributes:
        samples: latency from the onsets, in samples; negative if the target is early.
        envelope_samples: latency from the envelopes alone, in samples; the difference shows the uncertainty.
        confidence: 0 to 1: 1 minus the next best correlation of the onsets elsewhere over that at the latency.
            Unrelated recordings have 0, some seconds of repetitive playing 0.1 and more, a minute of varied playing
            more than 0.5.
    """

    samples: int
    envelope_samples: int
    confidence: float


@dataclass(frozen=True)
class Corrected:
    """A pair without its latency.

    Attributes:
        input: input without the samples that have no counterpart, [N - |latency|].
        target: likewise the target, [N - |latency|].
        message: what was done, for the log and the report.
    """

    input: Floats
    target: Floats
    message: str


def measure_latency(input: Floats, target: Floats, rate_hz: float, longest_s: float = LONGEST_S) -> Latency:
    """Measure the latency by cross-correlation of envelopes and onsets.

    Args:
        input: input of the device, [N].
        target: output of the device, [N].
        rate_hz: sampling rate of both in Hz.
        longest_s: longest latency to search for, late or early, in seconds.

    Returns:
        The latency and its confidence.

    Raises:
        InputError: the lengths differ, a recording is silent or constant, or the recordings are not longer than the
            longest latency.
    """
    if len(input) != len(target):
        raise InputError(f"latency: input has {len(input)} samples and target {len(target)}: make them equally long")
    lags = round(longest_s * rate_hz)
    if len(input) <= lags:
        raise InputError(
            f"latency: {len(input)} samples are too short to search for latencies of up to {lags}: "
            "give a longer recording or a smaller longest_s"
        )
    smoothing = max(1, round(_SMOOTHING_S * rate_hz))
    envelopes = [_envelope(samples, smoothing) for samples in (input, target)]
    by_envelope = _correlation(envelopes[0], envelopes[1], lags, rate_hz)
    coarse = int(np.argmax(by_envelope))
    onsets = [_onsets(envelope, smoothing) for envelope in envelopes]
    by_onset = _correlation(onsets[0], onsets[1], lags, rate_hz)
    reach = round(_REFINED_WITHIN_S * rate_hz)
    first = max(0, coarse - reach)
    fine = first + int(np.argmax(by_onset[first : coarse + reach + 1]))
    return Latency(fine - lags, coarse - lags, _confidence(by_onset, fine, round(_RIVAL_BEYOND_S * rate_hz)))


def correct_latency(input: Floats, target: Floats, rate_hz: float, latency_samples: int) -> Corrected:
    """Trim a pair so that input and target line up.

    Args:
        input: input of the device, [N].
        target: target, [N].
        rate_hz: sampling rate of both in Hz, for the message.
        latency_samples: how late the target is; negative if it is early.

    Returns:
        The trimmed pair and a message that says what was trimmed.

    Raises:
        InputError: the lengths differ, or no sample would be left.
    """
    if len(input) != len(target):
        raise InputError(f"latency: input has {len(input)} samples and target {len(target)}: make them equally long")
    kept = len(input) - abs(latency_samples)
    if kept <= 0:
        raise InputError(
            f"latency: correcting {latency_samples} samples leaves nothing of {len(input)}: give the right latency"
        )
    message = (
        f"latency of {latency_samples} samples ({1000.0 * latency_samples / rate_hz:.2f} ms) corrected: "
        f"{abs(latency_samples)} samples trimmed from input and target each, {kept} left"
    )
    late = max(latency_samples, 0)
    early = max(-latency_samples, 0)
    return Corrected(input[early : early + kept], target[late : late + kept], message)


def _envelope(samples: Floats, smoothing: int) -> Floats:
    from scipy.ndimage import uniform_filter1d

    magnitudes = np.abs(samples - np.mean(samples))
    envelope = uniform_filter1d(magnitudes, smoothing)
    if not envelope.max() > 0.0:
        raise InputError("latency: a recording is silent or constant: give one with sound")
    return envelope


def _onsets(envelope: Floats, smoothing: int) -> Floats:
    from scipy.ndimage import uniform_filter1d

    rises = np.diff(np.log(envelope + _ONSET_FLOOR * envelope.max()), prepend=np.nan)
    rises[0] = 0.0
    return np.maximum(uniform_filter1d(rises, smoothing), 0.0)


def _correlation(first: Floats, second: Floats, lags: int, rate_hz: float) -> Floats:
    """Normalised cross-correlation for delays -lags to lags of `second` relative to `first`, [2 lags + 1].

    The sum over blocks is exact, and keeps the transforms short for long recordings.
    """
    from scipy.signal import correlate

    first = first - first.mean()
    second = np.pad(second - second.mean(), lags)
    block = max(round(_BLOCK_S * rate_hz), 1)
    total = np.zeros(2 * lags + 1)
    for start in range(0, len(first), block):
        part = first[start : start + block]
        total += correlate(second[start : start + len(part) + 2 * lags], part, mode="valid", method="fft")
    norm = np.sqrt((first @ first) * (second @ second))
    if not norm > 0.0:
        raise InputError("latency: a recording has no onsets: give one with playing and pauses")
    return total / norm


def _confidence(correlation: Floats, best: int, distance: int) -> float:
    elsewhere = np.concatenate([correlation[: max(best - distance, 0)], correlation[best + distance + 1 :]])
    if correlation[best] <= 0.0 or elsewhere.size == 0:
        return 0.0
    return float(np.clip(1.0 - elsewhere.max() / correlation[best], 0.0, 1.0))
