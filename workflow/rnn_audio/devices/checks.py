"""Checks of a device's input and target before anything is trained on them.

A fault that makes training pointless is an error. What may be intended is a finding, which the caller logs and shows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnn_audio.devices.latency import LONGEST_S, SHORTEST_S, TRUSTED, Latency, measure_latency
from rnn_audio.errors import InputError
from rnn_audio.signals.recordings import Recording
from rnn_audio.types import Floats

SILENCE_PEAK = 1e-4
"""A recording whose largest sample is below this (-80 dB re full scale) is silent."""

_FULL_SCALE = 0.999
_CLIPPED_RUN = 3  # consecutive samples at full scale; two can be the peak of a sine
_DC_OFFSET = 1e-3
_QUIET_PEAK = 0.01
_SILENT_SHARE = 0.5
_LEAST_HUM_DB = -80.0

LEAST_LATENCY_S = 0.001
"""From here on, a latency is a fault; a device's own delay stays below."""


@dataclass(frozen=True)
class Finding:
    """A property of a recording that may be a fault.

    Attributes:
        name: `clipping`, `dc_offset`, `level`, `silence` or `hum` of one side; `latency`, `latency_moves`,
            `latency_uncertain`, `latency_unmeasured`, `polarity`, `echo` or `same` of both.
        found: which recording, and what was found.
        advice: what to do.
    """

    name: str
    found: str
    advice: str

    @property
    def message(self) -> str:
        """Both in one line."""
        return f"{self.found}: {self.advice}"


@dataclass(frozen=True)
class Checked:
    """A pair that can be trained on.

    Attributes:
        findings: what may be faults, first of the input, then of the target, then of both.
        latency: the latency; None where the recordings are too short for it.
    """

    findings: list[Finding]
    latency: Latency | None


def check_pair(section: str, input: Recording, target: Recording) -> Checked:
    """Check that a pair can be trained on.

    Args:
        section: the device's section of the configuration, such as `devices.amplifier`, for the messages.
        input: input of the device.
        target: output of the device.

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
    findings = [found for recording in (input, target) for check in _OF_ONE_SIDE for found in check(recording)]
    if np.array_equal(input.samples, target.samples):
        advice = f"name the recording of the device's output in {section}"
        findings.append(Finding("same", f"{target.name} equals {input.name}", advice))
    of_both, latency = _latency(section, input, target)
    return Checked(findings + of_both, latency)


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


def _latency(section: str, input: Recording, target: Recording) -> tuple[list[Finding], Latency | None]:
    rate_hz, pair = input.rate_hz, f"{target.name} after {input.name}"
    if len(input.samples) <= SHORTEST_S * rate_hz:
        found = f"latency of {pair} not measured, since {len(input.samples)} samples are too short"
        return [Finding("latency_unmeasured", found, "give a longer recording")], None
    latency = measure_latency(input.samples, target.samples, rate_hz)
    if latency.moved(rate_hz):
        return [_moving(latency, pair, rate_hz)], latency
    if latency.confidence < TRUSTED:
        found = (
            f"latency of {pair} unknown (confidence {latency.confidence:.2f}; looked for up to {LONGEST_S:g} s, or a "
            "quarter of the recording), nothing is corrected"
        )
        return [Finding("latency_uncertain", found, "check that both are recordings of the same playing")], latency
    findings = []
    if latency.echo_samples is not None:
        found = f"{pair}, a second arrival as strong comes {1000.0 * latency.echo_samples / rate_hz:.0f} ms later"
        advice = "switch a delay or echo off, which a network with one state cannot learn"
        findings.append(Finding("echo", found, advice))
    if abs(latency.samples) > LEAST_LATENCY_S * rate_hz:
        milliseconds = 1000.0 * latency.samples / rate_hz
        found = f"{pair} by {latency.samples} samples ({milliseconds:.2f} ms, confidence {latency.confidence:.2f})"
        findings.append(Finding("latency", found, f"set {section}.latency to correct, or trim the recordings"))
    if latency.inverted:
        found = f"{target.name} has the opposite polarity of {input.name}"
        findings.append(Finding("polarity", found, "nothing, a network learns it; invert it if you did not expect it"))
    return findings, latency


def _moving(latency: Latency, pair: str, rate_hz: float) -> Finding:
    first, last = latency.course[0][1], latency.course[-1][1]
    drift = latency.drift_ppm(rate_hz)
    if drift is not None:
        found = f"latency of {pair} drifts from {first} to {last} samples ({drift:+.0f} ppm), as of two clocks"
        return Finding("latency_moves", found, "record both sides with one interface, or resample the target")
    before, after, change = latency.jump()
    found = f"latency of {pair} jumps by {change} samples between {before:.1f} and {after:.1f} s"
    advice = "samples were lost or repeated, or the clocks differ; record again with one interface, or use one part"
    return Finding("latency_moves", found, advice)


def _clipping(recording: Recording) -> list[Finding]:
    clipped = count_clipped(recording.samples)
    if clipped == 0:
        return []
    share = 100.0 * clipped / len(recording.samples)
    found = f"{recording.name} clips, {clipped} samples ({share:.3g} %) at full scale"
    return [Finding("clipping", found, "record it at a lower level")]


def _offset(recording: Recording) -> list[Finding]:
    mean = float(np.mean(recording.samples))
    if abs(mean) < _DC_OFFSET:
        return []
    return [Finding("dc_offset", f"{recording.name} has a DC offset of {mean:+.4f}", "high-pass it at some hertz")]


def _level(recording: Recording) -> list[Finding]:
    peak = float(np.abs(recording.samples).max())
    if peak >= _QUIET_PEAK:
        return []
    found = f"{recording.name} is quiet (peak {decibels(peak):.0f} dB re full scale)"
    return [Finding("level", found, "record it at a higher level")]


def _silence(recording: Recording) -> list[Finding]:
    share = silent_share(recording)
    if share < _SILENT_SHARE:
        return []
    found = f"{recording.name} is silent for {100 * share:.0f} % of its time"
    return [Finding("silence", found, "leave the pauses out, which teach little")]


def _hum(recording: Recording) -> list[Finding]:
    hertz, level_db = measure_hum(recording)
    if hertz is None:
        return []
    found = f"{recording.name} hums at {hertz} Hz ({level_db:.0f} dB re full scale, in its quietest second)"
    return [Finding("hum", found, "check cables and ground; a network cannot learn the hum of a target")]


def silent_share(recording: Recording) -> float:
    """Share of a recording's time in which it stays 60 dB below its peak, in blocks of 50 ms; 0 to 1."""
    block = max(1, round(0.05 * recording.rate_hz))
    blocks = recording.samples[: len(recording.samples) // block * block].reshape(-1, block)
    if not len(blocks):
        return 0.0
    peaks = np.abs(blocks).max(axis=1)
    return float(np.mean(peaks < 1e-3 * peaks.max()))


def measure_hum(recording: Recording) -> tuple[int | None, float]:
    """Mains hum in a recording's quietest second that is not digital silence.

    Returns:
        50 or 60 Hz, and the level of its first six harmonics in dB re full scale; None where they have less than half
        of that second's energy, or are below -80 dB.
    """
    second = int(recording.rate_hz)
    blocks = recording.samples[: len(recording.samples) // second * second].reshape(-1, second)
    powers = np.mean(np.square(blocks - blocks.mean(axis=1, keepdims=True)), axis=1)
    if not (powers > 0).any():
        return None, -np.inf
    quietest = blocks[int(np.argmin(np.where(powers > 0, powers, np.inf)))]
    # A Hann window spreads a line over three bins of 1 Hz.
    spectrum = np.abs(np.fft.rfft(np.hanning(second) * (quietest - quietest.mean()))) ** 2
    levels = {}
    for hertz in (50, 60):
        lines = [line + off for line in range(hertz, 6 * hertz + 1, hertz) for off in (-1, 0, 1)]
        levels[hertz] = float(spectrum[lines].sum() / spectrum.sum())
    hertz = max(levels, key=levels.__getitem__)
    level_db = decibels(float(np.sqrt(levels[hertz] * powers[powers > 0].min())))
    return (hertz if levels[hertz] > 0.5 and level_db > _LEAST_HUM_DB else None), level_db


def decibels(amplitude: float) -> float:
    """An amplitude in dB re 1, at least -200."""
    return 20.0 * float(np.log10(max(amplitude, 1e-10)))


_OF_ONE_SIDE = (_clipping, _offset, _level, _silence, _hum)
