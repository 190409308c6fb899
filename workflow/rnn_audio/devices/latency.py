"""Latency between the input and the target of a device: measured, reported, and corrected.

A target that is recorded through converters is often some samples late. A recurrent network can learn a delay of a few
samples, at the cost of capacity, but not one of hundreds.

The measurement takes the phases of the cross-spectrum of both recordings, each frequency weighted by how much of the
target there follows the input linearly (the maximum-likelihood weights of Hannan and Thomson, 1973). Distortion does
not hide the direct sound: it is the largest sample of what these phases describe, and its time is the latency, within
`UNCERTAINTY_S`. That was measured with copies, distortion with and without filters, the saturated simulated amplifier
and a guitar cabinet: 0 to 4 samples at 44.1 kHz. Noise 10 dB below the sound hides the amplifier's first arrival: the
strongest is then taken, 20 samples.

The recordings are sampled at places spread over their length. Where these disagree, the clocks of both sides differ
(drift), or samples were lost (a jump).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnn_audio.errors import InputError
from rnn_audio.types import Floats

LONGEST_S = 2.0
"""Longest latency that is searched for, late or early; at most a quarter of the recording."""

UNCERTAINTY_S = 1e-4
"""How far the measured latency may be off. A correction leaves so much, so that no output comes before its input."""

TRUSTED = 0.4
"""Confidence from which a latency is taken for certain; pairs have 0.6 or more, unrelated recordings less than 0.25."""

SHORTEST_S = 0.1
"""Recordings of at most this length are too short to measure a latency."""

_BLOCK_S = 6.0
_SOUNDING = 1e-6  # of the loudest place's energy: 60 dB below it, there is no playing
_PLACES = 18
_GROUPS = 6
_SAME_ARRIVAL_S = 0.010  # of the same arrival, or of another one
_ECHO = 0.5  # of the largest sample: a second arrival as strong as this is an echo
_CERTAIN = 0.5  # of one place, whose answer may refuse the recordings
_EARLIEST_ECHO_S = 0.030
_MOST_COHERENT = 0.9  # a copy would have an infinite weight
_LEAST_PLACES = 4  # with a certain answer, before their differences mean anything
_MOVED_S = 0.0005
_STRAIGHT = 0.25  # residual over the range, up to which a course of latencies is a straight line


@dataclass(frozen=True)
class Latency:
    """Delay of the target relative to the input.

    Attributes:
        samples: latency in samples; negative if the target is early.
        confidence: 0 to 1: 1 minus the largest sample elsewhere over that at the latency (of an echo, its second one).
        inverted: whether the target's polarity is opposite.
        echo_samples: how much later a second arrival comes that is about as strong; None without any.
        course: (seconds, samples) at places spread over the recording where the latency is certain.
        place_s: length of the sound around each of these places that was looked at, in seconds.
    """

    samples: int
    confidence: float
    inverted: bool
    echo_samples: int | None
    course: tuple[tuple[float, int], ...]
    place_s: float

    def moved(self, rate_hz: float) -> bool:
        """Whether the latency changes along the recording."""
        found = [samples for _, samples in self.course]
        third = len(found) // 3
        # Medians, so that one place with another answer is not taken for a change.
        return (
            len(found) >= _LEAST_PLACES
            and abs(np.median(found[-third:]) - np.median(found[:third])) > _MOVED_S * rate_hz
        )

    def drift_ppm(self, rate_hz: float) -> float | None:
        """Difference of both clocks in parts per million, if the latency changes along a straight line; else None."""
        if not self.moved(rate_hz):
            return None
        seconds, samples = np.array(self.course, dtype=float).T
        slope, start = np.polyfit(seconds, samples, 1)
        off = np.abs(samples - start - slope * seconds).max()
        return float(1e6 * slope / rate_hz) if off <= _STRAIGHT * np.ptp(samples) else None

    def jump(self) -> tuple[float, float, int]:
        """The largest change between two places: from when to when in seconds, and the change in samples."""
        reach = self.place_s / 2
        steps = [
            (max(0.0, before[0] - reach), after[0] + reach, after[1] - before[1])
            for before, after in zip(self.course[:-1], self.course[1:], strict=True)
        ]
        return max(steps, key=lambda step: abs(step[2]))


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
    """Measure the latency from what of the target follows the input linearly.

    Args:
        input: input of the device, [N].
        target: output of the device, [N].
        rate_hz: sampling rate of both in Hz.
        longest_s: longest latency to search for, late or early, in seconds.

    Returns:
        The latency and its confidence.

    Raises:
        InputError: the lengths differ, a recording is silent or constant, or the recordings are too short.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    if len(input) != len(target):
        raise InputError(f"latency: input has {len(input)} samples and target {len(target)}: make them equally long")
    if len(input) <= SHORTEST_S * rate_hz:
        raise InputError(f"latency: {len(input)} samples are too short to measure it: give a longer recording")
    reach = min(round(longest_s * rate_hz), len(input) // 4)
    block = min(round(_BLOCK_S * rate_hz), len(input) // 2)
    size = next_fast_len(block + 2 * reach, real=True)
    window = np.hanning(block)
    source, sound = input - np.mean(input), np.pad(target - np.mean(target), reach)
    places, spectra = [], []
    starts = np.unique(np.linspace(0, len(input) - block, _PLACES).astype(int))
    played = [source[start : start + block] for start in starts]
    heard = [sound[start : start + block + 2 * reach] for start in starts]
    for start, one, other in zip(starts, played, heard, strict=True):
        if _sounds(one, played) and _sounds(other, heard):
            spectrum = rfft(window * one, size)
            places.append((start + block / 2) / rate_hz)
            answer = rfft(other, size)
            spectra.append((np.abs(spectrum) ** 2, np.abs(answer) ** 2, np.conj(spectrum) * answer))
    if not places:
        raise InputError("latency: a recording is silent or constant: give one with sound")

    def response(chosen: Sequence[int]) -> Floats:
        power, heard, cross = (sum(each) for each in zip(*(spectra[index] for index in chosen), strict=True))
        size_of_cross = np.abs(cross) + np.finfo(float).tiny
        coherence = np.minimum(size_of_cross**2 / (power * heard + np.finfo(float).tiny), _MOST_COHERENT)
        return irfft(cross / size_of_cross * coherence / (1 - coherence), size)[: 2 * reach + 1]

    everywhere = range(len(places))
    course = []
    for group in np.array_split(everywhere, min(_GROUPS, len(places))):
        samples, confidence, *_ = _arrival(response(group), reach, rate_hz)
        if confidence >= _CERTAIN:
            course.append((float(np.mean([places[index] for index in group])), samples))
    return Latency(*_arrival(response(everywhere), reach, rate_hz), tuple(course), block / rate_hz)


def correct_latency(input: Floats, target: Floats, rate_hz: float, latency_samples: int) -> Corrected:
    """Trim a pair so that the target follows its input by `UNCERTAINTY_S`.

    Args:
        input: input of the device, [N].
        target: target, [N].
        rate_hz: sampling rate of both in Hz.
        latency_samples: how late the target is; negative if it is early.

    Returns:
        The trimmed pair and a message that says what was trimmed.

    Raises:
        InputError: the lengths differ, or no sample would be left.
    """
    if len(input) != len(target):
        raise InputError(f"latency: input has {len(input)} samples and target {len(target)}: make them equally long")
    left = round(UNCERTAINTY_S * rate_hz)
    trimmed = latency_samples - left
    kept = len(input) - abs(trimmed)
    if kept <= 0:
        raise InputError(
            f"latency: correcting {latency_samples} samples leaves nothing of {len(input)}: give the right latency"
        )
    message = (
        f"latency of {latency_samples} samples ({1000.0 * latency_samples / rate_hz:.2f} ms) corrected to {left}: "
        f"{abs(trimmed)} samples trimmed from input and target each, {kept} left"
    )
    late, early = max(trimmed, 0), max(-trimmed, 0)
    return Corrected(input[early : early + kept], target[late : late + kept], message)


def _sounds(block: Floats, blocks: Sequence[Floats]) -> bool:
    """Whether a block is no pause, by its spread: an offset of the whole recording leaves a constant in its pauses."""
    return bool(np.var(block) > _SOUNDING * max(map(np.var, blocks)))


def _arrival(response: Floats, reach: int, rate_hz: float) -> tuple[int, float, bool, int | None]:
    """Latency, confidence, polarity and echo from a response to delays of -reach to reach."""
    magnitudes = np.abs(response)
    near = max(1, round(_SAME_ARRIVAL_S * rate_hz))
    largest = int(np.argmax(magnitudes))
    elsewhere = _without(magnitudes, largest, near)
    second = int(np.argmax(elsewhere))
    apart = abs(largest - second)
    if elsewhere[second] < _ECHO * magnitudes[largest] or apart < _EARLIEST_ECHO_S * rate_hz:
        confidence = 1.0 - elsewhere[second] / magnitudes[largest]
        return largest - reach, float(confidence), bool(response[largest] < 0), None
    confidence = 1.0 - _without(elsewhere, second, near).max() / elsewhere[second]
    first = min(largest, second)
    return first - reach, float(confidence), bool(response[first] < 0), apart


def _without(magnitudes: Floats, place: int, near: int) -> Floats:
    others = magnitudes.copy()
    others[max(0, place - near) : place + near + 1] = 0.0
    return others
