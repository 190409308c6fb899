"""The sounds of a listening test: clips of the device, of its models and of the anchors, as 16-bit samples.

All sounds of a clip have one gain, by which its reference has -23 LUFS: a model that is too loud is heard as that. If
any of them would exceed -1 dBFS, the gain is lower. The tanh anchor alone is first brought to the loudness of the
reference, because the paper does not say at which level its input was distorted.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_audio.configuration.listening import REFERENCE
from rnn_audio.errors import InputError
from rnn_audio.listening.clips import Clip, Stretches, choose_clips
from rnn_audio.listening.distances import distances
from rnn_audio.listening.loudness import loudness_lufs
from rnn_audio.listening.plan import trials
from rnn_audio.reporting.page.sound import FULL_SCALE, to_pcm16
from rnn_audio.types import Floats, Samples

LOUDNESS_LUFS = -23.0
PEAK_DBFS = -1.0
Sound = NDArray[np.int16]

_FADE_S = 0.005
_EDGES_HZ = {"low_pass_3500": 3500.0, "low_pass_7000": 7000.0}
_TRANSITION_HZ = 500.0  # BS.1534-3 wants 25 dB at 4 kHz and 50 dB at 4.5 kHz
_ATTENUATION_DB = 60.0


@dataclass(frozen=True)
class Stimuli:
    """All sounds of a test.

    Attributes:
        sounds: by file, [N] each.
        clips: what is known of each clip: `start_s`, `seconds`, `gain_db`, `preferred`, `limited_by_peak`.
        distances: of each file from its reference, by file.
    """

    sounds: Mapping[str, Sound]
    clips: list[dict[str, Any]]
    distances: Mapping[str, Mapping[str, float]]


def make_stimuli(
    test: Mapping[str, Any],
    recording: tuple[Samples, Samples],
    outputs: Mapping[str, Samples],
    rate_hz: int,
    preferred_s: Stretches | None,
) -> Stimuli:
    """Cut and scale the sounds of a test.

    Args:
        test: its entry of the configuration.
        recording: the device's input and its output, [N] each.
        outputs: the models' outputs by configuration, [N] each.
        rate_hz: sampling rate of all in Hz.
        preferred_s: stretches to take clips from if possible, in seconds; None if nothing is known.

    Raises:
        InputError: a clip of the recording is silent.
    """
    source, target = recording
    low_passed = {name: _low_pass(target, _EDGES_HZ[name], rate_hz) for name in test["anchors"] if name in _EDGES_HZ}
    chosen = choose_clips(target, rate_hz, test["clips"]["count"], test["clips"]["seconds"], preferred_s)
    sounds: dict[str, Sound] = {}
    clips, measured = [], {}
    for number, clip in enumerate(chosen, start=1):
        cut = {name: _cut(samples, clip, rate_hz) for name, samples in {**low_passed, **outputs}.items()}
        cut |= {REFERENCE: _cut(target, clip, rate_hz)}
        loudness = loudness_lufs(cut[REFERENCE], rate_hz)
        if math.isinf(loudness):
            raise InputError(
                f"listening: the test recording of the device is silent from {clip.start / rate_hz:.1f} to "
                f"{clip.stop / rate_hz:.1f} s, where a clip of the listening test lies; choose fewer or shorter clips"
            )
        if "tanh" in test["anchors"]:
            cut |= {"tanh": _tanh(_cut(source, clip, rate_hz), loudness, rate_hz)}
        gain, limited = _gain(cut, loudness)
        playable = {name: to_pcm16(gain * samples) for name, samples in cut.items()}
        clips.append(
            {
                "start_s": clip.start / rate_hz,
                "seconds": (clip.stop - clip.start) / rate_hz,
                "gain_db": 20 * math.log10(gain),
                "limited_by_peak": limited,
                "preferred": clip.preferred,
            }
        )
        for file, name in _files(test, number).items():
            sounds[file] = playable[name]
            measured[file] = distances(*(playable[each] / FULL_SCALE for each in (name, REFERENCE)), rate_hz)
    return Stimuli(sounds, clips, measured)


def _files(test: Mapping[str, Any], clip: int) -> dict[str, str]:
    """What each file of a clip is: a configuration, an anchor or the reference."""
    own = [trial for trial in trials(test) if trial.clip == clip]
    return {
        file: test["groups"][trial.group].get(signal, signal) for trial in own for signal, file in trial.files.items()
    }


def _cut(samples: Samples, clip: Clip, rate_hz: int) -> Floats:
    """The clip with raised-cosine fades of 5 ms at its ends, so that it can be looped without clicks."""
    own = np.array(samples[clip.start : clip.stop], dtype=np.float64)
    length = min(round(_FADE_S * rate_hz), len(own) // 2)
    fade = 0.5 - 0.5 * np.cos(np.pi * (np.arange(length) + 0.5) / length)
    own[:length] *= fade
    own[len(own) - length :] *= fade[::-1]
    return own


def _tanh(source: Floats, loudness: float, rate_hz: int) -> Floats:
    """The input through a tanh (paper B, section 5.2), as loud as the reference."""
    distorted = np.tanh(source)
    own = loudness_lufs(distorted, rate_hz)
    return distorted if math.isinf(own) else distorted * 10 ** ((loudness - own) / 20)


def _low_pass(samples: Samples, edge_hz: float, rate_hz: int) -> Floats:
    """The recording without what lies above an edge; its delay is removed."""
    from scipy.signal import fftconvolve, firwin, kaiserord

    half = rate_hz / 2
    if edge_hz + _TRANSITION_HZ >= half:
        raise InputError(f"listening: a rate of {rate_hz} Hz has nothing above {edge_hz:g} Hz; choose another anchor")
    order, beta = kaiserord(_ATTENUATION_DB, _TRANSITION_HZ / half)
    lowpass = firwin(order | 1, edge_hz + _TRANSITION_HZ / 2, window=("kaiser", beta), fs=rate_hz)
    return fftconvolve(np.asarray(samples, dtype=np.float64), lowpass, mode="same")


def _gain(cut: Mapping[str, Floats], loudness: float) -> tuple[float, bool]:
    """The gain of a clip's sounds, and whether their peak limits it."""
    wanted = 10 ** ((LOUDNESS_LUFS - loudness) / 20)
    highest = 10 ** (PEAK_DBFS / 20) / max(np.abs(samples).max() for samples in cut.values())
    return float(min(wanted, highest)), bool(highest < wanted)
