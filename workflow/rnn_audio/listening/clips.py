"""Which stretches of the test recording are played: of a bass where that is known, and loud enough to be judged.

Paper B chose bass guitar by ear, because differences between its models were most audible there (section 5.2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rnn_audio.signals.guitar_score import BASS, score
from rnn_audio.types import Floats, Samples, Settings

Stretches = Sequence[Sequence[float]]
"""Starts and stops in seconds of the test recording."""

_FRAME_S = 0.1
_QUIET_DB = -30.0  # below the loudest frame: a rest, or the end of a note
_ELSEWHERE = 0.25  # worth of a frame outside of the preferred stretches
_LOUDNESS = 0.01  # worth of the level, which only decides between clips that are alike otherwise
_REST_S = 1.5  # the longest rest between notes of one passage


@dataclass(frozen=True)
class Clip:
    """A clip of a recording.

    Attributes:
        start: its first sample.
        stop: the sample after its last.
        preferred: share of it that lies in the preferred stretches; None without any.
    """

    start: int
    stop: int
    preferred: float | None


def choose_clips(
    target: Samples, rate_hz: int, count: int, seconds: float, preferred_s: Stretches | None = None
) -> list[Clip]:
    """Choose clips that do not overlap, with as much playing, in the preferred stretches, as possible.

    All choices are compared, not one clip after the other: the best sum over frames of 0.1 s counts.

    Args:
        target: the device's recording, [N].
        rate_hz: its rate in Hz.
        count: number of clips.
        seconds: their length, to a tenth of a second; shorter where the recording cannot hold all of them.
        preferred_s: where to take them from if possible.

    Returns:
        The clips in the order of time, all of one length.
    """
    length = min(round(seconds * rate_hz), len(target) // count)
    frame = max(1, min(round(_FRAME_S * rate_hz), length // 4))
    width = length // frame
    length = width * frame
    inside = _inside(len(target) // frame, frame / rate_hz, preferred_s)
    values = _values(target, frame, inside)
    return [
        Clip(start * frame, start * frame + length, None if preferred_s is None else float(chosen.mean()))
        for start in _best_starts(np.convolve(values, np.ones(width), "valid"), width, count)
        for chosen in [inside[start : start + width]]
    ]


def bass_stretches(settings: Settings) -> list[tuple[float, float]]:
    """Where the bass plays in the test recording of a synthetic device, in seconds of that recording.

    Args:
        settings: what `Experiment.device_settings` returns.
    """
    own, split = settings["synthetic"], settings["split"]
    # As `signals.guitar.playing` does: its first random stream writes the score.
    (random_seed,) = np.random.SeedSequence(own["seed"]).spawn(1)
    longest_s = own["duration_s"] * min(split) / 3
    notes = score(own["duration_s"], np.random.default_rng(random_seed), longest_s)
    start_s, stop_s = (own["duration_s"] * sum(split[:end]) for end in (2, 3))
    passages: list[list[float]] = []
    for note in (note for note in notes if note.way == BASS):
        end_s = note.start_s + note.duration_s
        if passages and note.start_s - passages[-1][1] < _REST_S:
            passages[-1][1] = max(passages[-1][1], end_s)
        else:
            passages.append([note.start_s, end_s])
    cut = [(max(begin, start_s) - start_s, min(end, stop_s) - start_s) for begin, end in passages]
    return [(begin, end) for begin, end in cut if begin < end]


def _inside(frames: int, frame_s: float, preferred_s: Stretches | None) -> np.ndarray:
    """Whether the middle of each frame is preferred, [F]."""
    middles_s = (np.arange(frames) + 0.5) * frame_s
    if preferred_s is None:
        return np.ones(frames, dtype=bool)
    return np.any([(start <= middles_s) & (middles_s < stop) for start, stop in preferred_s] or [middles_s < 0], axis=0)


def _values(target: Samples, frame: int, inside: np.ndarray) -> Floats:
    """What each frame is worth in a clip, [F]."""
    frames = np.asarray(target[: len(inside) * frame], dtype=np.float64).reshape(-1, frame)
    power = np.square(frames).mean(axis=1)
    share = power / max(power.max(), np.finfo(float).tiny)
    return (share > 10 ** (_QUIET_DB / 10)) * np.where(inside, 1.0, _ELSEWHERE) + _LOUDNESS * share


def _best_starts(worth: Floats, width: int, count: int) -> list[int]:
    """Starts of `count` clips of `width` frames that do not overlap and whose worth, [S], has the largest sum."""
    # best[k][s]: the largest sum of k clips that start at s or later.
    best = np.full((count + 1, len(worth) + width + 1), -np.inf)
    best[0] = 0.0
    for clips in range(1, count + 1):
        for start in range(len(worth) - 1, -1, -1):
            best[clips, start] = max(best[clips, start + 1], worth[start] + best[clips - 1, start + width])
    starts, at = [], 0
    for clips in range(count, 0, -1):
        while worth[at] + best[clips - 1, at + width] < best[clips, at]:
            at += 1
        starts.append(at)
        at += width
    return starts
