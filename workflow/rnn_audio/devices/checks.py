"""Checks of a device's input and target before anything is trained on them.

A fault that makes training pointless is an error. What may be intended is a finding, which the caller logs and shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_audio.devices.latency import LONGEST_S, measure_latency
from rnn_audio.errors import InputError
from rnn_audio.signals.recordings import Recording
from rnn_audio.types import Floats

SILENCE_PEAK = 1e-4
"""A recording whose largest sample is below this (-80 dB re full scale) is silent."""

_FULL_SCALE = 0.999
_CLIPPED_RUN = 3  # consecutive samples at full scale; two can be the peak of a sine
_DC_OFFSET = 1e-3
_LATENCY_S = 0.0012
"""A device's own phase shift stays below this. To correct it would hurt more than a latency of this size: the target
would come before what causes it."""
_TRUSTED_CONFIDENCE = 0.05


@dataclass(frozen=True)
class Finding:
    """A property of a recording that may be a fault.

    Attributes:
        name: `clipping`, `dc_offset`, `latency`, `latency_uncertain` or `latency_unmeasured`.
        message: which recording, what was found, and what to do.
    """

    name: str
    message: str


def check_pair(input: Recording, target: Recording) -> list[Finding]:
    """Check that a pair can be trained on.

    Args:
        input: input of the device.
        target: output of the device.

    Returns:
        Findings: clipping and DC offset of the input, then of the target, then latency; empty if there are none.

    Raises:
        InputError: a recording is silent, or rates or lengths differ.
    """
    for recording in (input, target):
        require_sound(recording)
    if input.rate_hz != target.rate_hz:
        raise InputError(
            f"{input.name} has {input.rate_hz:g} Hz and {target.name} {target.rate_hz:g} Hz: "
            "resample one of them, since input and target need the same rate"
        )
    require_equal_lengths(input, target)
    findings = [finding for recording in (input, target) for finding in (*_clipping(recording), *_offset(recording))]
    return findings + _latency(input, target)


def require_equal_lengths(input: Recording, target: Recording) -> None:
    """Check that input and target are equally long; raises InputError with both lengths."""
    if len(input.samples) != len(target.samples):
        raise InputError(
            f"{input.name} has {len(input.samples)} samples and {target.name} {len(target.samples)}: "
            "trim them to the same length, from the same start"
        )


def count_clipped(samples: Floats) -> int:
    """Count the samples in runs of at least three consecutive samples at full scale with the same sign.

    Args:
        samples: recording, [N].

    Returns:
        Number of samples in such runs.
    """
    return sum(_samples_in_runs(sign * samples >= _FULL_SCALE) for sign in (1.0, -1.0))


def _samples_in_runs(marked: NDArray[np.bool_]) -> int:
    edges = np.diff(np.concatenate([[0], marked.astype(np.int8), [0]]))
    lengths = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    return int(lengths[lengths >= _CLIPPED_RUN].sum())


def require_sound(recording: Recording) -> None:
    """Check one side alone: raises InputError where it is too quiet to be a recording of anything."""
    peak = float(np.abs(recording.samples).max())
    if peak < SILENCE_PEAK:
        raise InputError(f"{recording.name} is silent (peak {peak:.1e}): check the recording's level and channel")


def _clipping(recording: Recording) -> list[Finding]:
    clipped = count_clipped(recording.samples)
    if clipped == 0:
        return []
    share = 100.0 * clipped / len(recording.samples)
    message = f"{recording.name} clips: {clipped} samples ({share:.3g} %) at full scale; record it at a lower level"
    return [Finding("clipping", message)]


def _offset(recording: Recording) -> list[Finding]:
    mean = float(np.mean(recording.samples))
    if abs(mean) < _DC_OFFSET:
        return []
    message = f"{recording.name} has a DC offset of {mean:+.4f}; a high-pass at some hertz removes it"
    return [Finding("dc_offset", message)]


def _latency(input: Recording, target: Recording) -> list[Finding]:
    pair = f"{target.name} after {input.name}"
    if len(input.samples) <= round(LONGEST_S * input.rate_hz):
        message = f"latency of {pair} not measured: {len(input.samples)} samples are too short"
        return [Finding("latency_unmeasured", message)]
    latency = measure_latency(input.samples, target.samples, input.rate_hz)
    milliseconds = 1000.0 * latency.samples / input.rate_hz
    if latency.confidence < _TRUSTED_CONFIDENCE:
        message = (
            f"latency of {pair} uncertain (confidence {latency.confidence:.2f}, best guess {latency.samples} samples, "
            f"{milliseconds:.2f} ms): check that both are recordings of the same playing"
        )
        return [Finding("latency_uncertain", message)]
    if abs(latency.samples) <= _LATENCY_S * input.rate_hz:
        return []
    message = (
        f"{pair} by {latency.samples} samples ({milliseconds:.2f} ms, confidence {latency.confidence:.2f}): "
        "have it corrected, or measure it and trim the recordings"
    )
    return [Finding("latency", message)]
