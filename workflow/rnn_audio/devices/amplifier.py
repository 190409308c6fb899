"""A valve amplifier simulated from its circuit: the target of the synthetic device.

It replaces the Blackstar HT-1 of paper B (section 3) if the authors' recordings are not available, and models no
particular product. It has what makes such an amplifier hard to learn: three stages that saturate one after the other,
with filters between them, and distortion that depends on the past, because grid current charges the coupling capacitors
and the bias shifts after a loud note. docs/stand-ins.md compares it with the HT-1.

The input is oversampled, run through the stages of `amplifier_stages`, and brought back to its rate. This is done
block by block with all states carried on, so a recording of any length needs little memory.
"""

from __future__ import annotations

import numpy as np

from rnn_audio.devices.amplifier_circuit import HIGH_GAIN, Amplifier, tone_stack_filter
from rnn_audio.errors import InputError
from rnn_audio.types import Floats

OVERSAMPLING = 8
"""Samples of the circuit per sample of the recording."""

_LOWEST_RATE_HZ = 16000.0
_BLOCK_SAMPLES = 1 << 16
_FILTER_DELAY = 32  # of each resampling filter, in samples of the recording
_WARM_UP_S = 1.0


def amplify(
    samples: Floats, rate_hz: float, amplifier: Amplifier = HIGH_GAIN, oversampling: int = OVERSAMPLING
) -> Floats:
    """Play a recording through the amplifier.

    The amplifier has first run on silence until it has settled. The output has only the latency of the circuit's own
    filters: the delay of the resampling is removed.

    Args:
        samples: direct-input recording, [N]; 1.0 is `amplifier.full_scale_v`.
        rate_hz: sampling rate in Hz, at least 16 kHz.
        amplifier: component values.
        oversampling: samples of the circuit per sample, at least 1; below 8 the distortion aliases audibly.

    Returns:
        Output, float64, [N]; the same arguments give the same bytes on the same machine and library versions.

    Raises:
        InputError: the samples are not one channel, some are NaN or infinite, the rate is too low or the
            oversampling is below 1.
    """
    samples = np.asarray(samples, dtype=np.float64)
    if samples.ndim != 1:
        raise InputError(f"the amplifier's input has shape {samples.shape}: give it one channel, [N]")
    if not np.isfinite(samples).all():
        raise InputError("the amplifier's input has NaN or infinite samples: repair the recording")
    if not rate_hz >= _LOWEST_RATE_HZ:
        raise InputError(f"rate_hz is {rate_hz:g}: the amplifier needs at least {_LOWEST_RATE_HZ:g} Hz")
    if oversampling < 1:
        raise InputError(f"oversampling is {oversampling}: it must be at least 1")
    run = _Run(amplifier, rate_hz, oversampling)
    run.process(np.zeros(round(_WARM_UP_S * rate_hz)))
    delay = 2 * _FILTER_DELAY
    extended = np.concatenate([samples, np.zeros(delay)])
    starts = range(0, len(extended), _BLOCK_SAMPLES)
    blocks = [run.process(extended[start : start + _BLOCK_SAMPLES]) for start in starts]
    return np.concatenate(blocks)[delay:]


class _Run:
    """An amplifier while it is played: its filters and the charges of its capacitors."""

    def __init__(self, amplifier: Amplifier, rate_hz: float, oversampling: int) -> None:
        from scipy.signal import butter, firwin

        from rnn_audio.devices.amplifier_stages import STATE_SIZE
        from rnn_audio.devices.triode import load_line

        self.amplifier = amplifier
        self.oversampling = oversampling
        fast_hz = rate_hz * oversampling
        self.step_s = 1.0 / fast_hz
        # The filters' delays are whole samples of the recording, so that they can be removed exactly.
        taps = 2 * _FILTER_DELAY * oversampling + 1
        self.resampler = firwin(taps, 0.92 / oversampling, window=("kaiser", 8.0)) if oversampling > 1 else _delay()
        self.before = np.zeros(2 * _FILTER_DELAY)
        self.after = np.zeros(2 * _FILTER_DELAY * oversampling)
        self.currents = np.stack([load_line(stage.supply_v, stage.plate_ohm) for stage in amplifier.stages])
        self.valves = np.zeros((len(amplifier.stages) + 1, STATE_SIZE))
        self.pair = np.zeros((2, STATE_SIZE))
        self.tone = tone_stack_filter(amplifier.tone, fast_hz)
        self.tone_state = np.zeros(3)
        highest_hz = min(amplifier.transformer_highest_hz, 0.45 * fast_hz)  # at low rates, the rate itself is the end
        self.transformer = np.concatenate(
            [
                butter(1, amplifier.transformer_lowest_hz, "highpass", fs=fast_hz, output="sos"),
                butter(3, highest_hz, "lowpass", fs=fast_hz, output="sos"),
            ]
        )
        self.transformer_state = np.zeros((len(self.transformer), 2))

    def process(self, block: Floats) -> Floats:
        """Play the next block, [N] to [N], delayed by both resampling filters."""
        from scipy.signal import lfilter, sosfilt

        from rnn_audio.devices.amplifier_stages import preamplify, push_pull

        amplifier = self.amplifier
        input_v = amplifier.full_scale_v * self._upsample(block)
        plate_v = preamplify(input_v, amplifier.stages, self.currents, self.valves, self.step_s)
        toned_v, self.tone_state = lfilter(*self.tone, plate_v, zi=self.tone_state)
        current_a = push_pull(toned_v, amplifier.output, self.pair, self.step_s)
        sound, self.transformer_state = sosfilt(self.transformer, current_a, zi=self.transformer_state)
        return amplifier.output_per_a * self._downsample(sound)

    def _upsample(self, block: Floats) -> Floats:
        from scipy.signal import upfirdn

        extended = np.concatenate([self.before, block])
        self.before = extended[len(block) :]
        fast = upfirdn(self.oversampling * self.resampler, extended, up=self.oversampling)
        first = 2 * _FILTER_DELAY * self.oversampling
        return fast[first : first + len(block) * self.oversampling]

    def _downsample(self, fast: Floats) -> Floats:
        from scipy.signal import upfirdn

        extended = np.concatenate([self.after, fast])
        self.after = extended[len(fast) :]
        slow = upfirdn(self.resampler, extended, down=self.oversampling)
        return slow[2 * _FILTER_DELAY : 2 * _FILTER_DELAY + len(fast) // self.oversampling]


def _delay() -> Floats:
    taps = np.zeros(2 * _FILTER_DELAY + 1)
    taps[_FILTER_DELAY] = 1.0
    return taps
