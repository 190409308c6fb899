"""Recordings of any kind, read from files and checked."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from rnn_audio.errors import InputError
from rnn_audio.signals.onset import onset_index
from rnn_audio.types import Floats

if TYPE_CHECKING:
    from soundfile import SoundFile

logger = logging.getLogger(__name__)

ONSET_SEARCH_S = 30.0
"""An onset is searched for in this first part only, so that an hour-long file is never read into memory."""

_LATEST_PEAK_S = 0.1  # after the direct sound of a room
_LISTENED_S = 300.0  # after the part in which the onset is looked for

LOUDEST = 1000.0
"""Largest magnitude of a recording, 1 being full scale. Beyond it, samples are not sound: integers read as numbers."""

QUIETEST = 1e-7
"""A recording below this (-140 dB re full scale) is silent: less than one step of 24 bits."""

_LARGEST_HEADER = 4096
_PLACEHOLDERS = "{}<>"


@dataclass(frozen=True)
class Duration:
    """A length in seconds, or in samples at the recording's own rate; raises InputError unless exactly one is given."""

    seconds: float | None = None
    samples: int | None = None

    def __post_init__(self) -> None:
        """Check that exactly one length is given and that it is positive."""
        if (self.seconds is None) == (self.samples is None):
            raise InputError("duration: give either duration_s or duration_samples, exactly one of them")
        if not self.length > 0:
            raise InputError(f"{self.key}: {self.length} is not a length; give a positive number")

    @property
    def length(self) -> float:
        """The given number, in the unit of `key`."""
        return self.samples if self.seconds is None else self.seconds

    @property
    def key(self) -> str:
        """The configuration's key for the given length."""
        return "duration_samples" if self.seconds is None else "duration_s"

    def in_samples(self, rate_hz: int) -> int:
        """Length in samples at `rate_hz`, rounded to the nearest, at least 1."""
        return self.samples if self.seconds is None else max(1, round(self.seconds * rate_hz))

    def at(self, rate_hz: int, samples: int) -> float:
        """Convert a number of `samples` at `rate_hz` to the unit of `key`."""
        return samples if self.seconds is None else samples / rate_hz


@dataclass(frozen=True)
class Recording:
    """One channel of sound.

    Attributes:
        name: file or what else it is called in messages.
        samples: float64, [N], 1.0 being full scale.
        rate_hz: sampling rate in Hz.
        first_frame: where in the file it begins.
    """

    name: str
    samples: Floats
    rate_hz: int
    first_frame: int = 0


def read_recording(
    path: Path | str,
    *,
    channel: int | None,
    start: float | Literal["onset"],
    duration: Duration | None,
    section: str = "recording",
    channel_key: str = "channel",
) -> Recording:
    """Read an excerpt of one channel of a WAV, FLAC or AIFF file (or another format of libsndfile), and check it.

    Integer formats are scaled to -1..1 (full scale is 1); float formats keep their values, even beyond 1. Nothing is
    clipped, mixed down or resampled. Only the excerpt is held in memory.

    Args:
        path: the file.
        channel: which channel, from 0; may be None if there is only one, or if all are equal.
        start: seconds from the file's start, or `onset`: the direct sound, that is the first sample within 20 dB of
            the largest magnitude (ISO 3382-1) of the file's first `ONSET_SEARCH_S`.
        duration: length of the excerpt; None reads to the end.
        section: the configuration's section with `channel` and `start`, for messages: `signals.room.file`. The
            duration's key is one level above it.
        channel_key: name of the key `channel` in the section.

    Raises InputError if the file is missing, unreadable, empty or too short, if it has several channels and none is
    chosen, or if the excerpt as float32 is not finite, silent or constant.
    """
    path = Path(path)
    with _open(path, section) as file:
        column = _checked_channel(path, file, channel, f"{section}.{channel_key}")
        first = _first_frame(path, file, column, start, section)
        available = file.frames - first
        wanted = available if duration is None else duration.in_samples(file.samplerate)
        if duration is not None and available < wanted:
            raise InputError(
                f"{path}: {_parent(section)}{duration.key} is {duration.length:g}, but after the start "
                f"(sample {first}) the file has only {duration.at(file.samplerate, available):g}; "
                f"set {duration.key} to at most that, or an earlier {section}.start"
            )
        samples = _read(path, file, first, wanted, column)
        rate_hz = file.samplerate
        form = f"{file.format} {file.subtype}, {rate_hz} Hz, channel {column} of {file.channels} (from 0)"
    start_advice = "" if duration is None else f"{section}.start or "
    check_content(str(path), samples, f"choose another {start_advice}{section}.{channel_key}, or another recording")
    logger.info(
        "%s: %s; %d samples from sample %d on, peak %.4g", path, form, samples.size, first, np.abs(samples).max()
    )
    return Recording(str(path), samples, rate_hz, first)


def _parent(section: str) -> str:
    above, dot, _ = section.rpartition(".")
    return above + dot


def _open(path: Path, section: str) -> "SoundFile":
    from soundfile import LibsndfileError, SoundFile

    if set(str(path)) & set(_PLACEHOLDERS):
        raise InputError(
            f"{path}: Snakemake takes {' '.join(_PLACEHOLDERS)} in a path for placeholders; rename the file, and "
            f"correct the path in {section}"
        )
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except OSError as error:
        raise InputError(f"{path}: not a valid path ({error.strerror}); correct it in {section}") from error
    if is_folder:
        raise InputError(f"{path}: a folder, where {section} needs a sound file; name the file in it")
    if not is_file:
        raise InputError(f"{path}: no such file; correct the path in {section}")
    try:
        file = SoundFile(path)
    except (LibsndfileError, TypeError, OSError) as error:
        raise InputError(
            f"{path}: cannot be read as sound ({error}); give {section} a WAV, FLAC or AIFF file"
        ) from error
    if file.frames == 0:
        file.close()
        size = path.stat().st_size
        if size > _LARGEST_HEADER:
            raise InputError(
                f"{path}: has no samples by its header, but {size} bytes, as if its recording had been interrupted; "
                "open and export it with an audio editor that ignores the length in the header"
            )
        raise InputError(f"{path}: has no samples; give {section} another recording")
    return file


def _checked_channel(path: Path, file: "SoundFile", channel: int | None, key: str) -> int:
    channels = file.channels
    choice = "0" if channels == 1 else f"0..{channels - 1}"
    if channel is None and channels > 1 and not _channels_are_equal(file):
        raise InputError(f"{path}: has {channels} channels; set {key} to one of {choice}")
    if channel is not None and not 0 <= channel < channels:
        raise InputError(f"{path}: has no channel {channel}, only {channels} in all; set {key} to {choice}")
    return channel or 0


def _channels_are_equal(file: "SoundFile") -> bool:
    """Whether all channels hold the same samples; a file that cannot be read to its end is told later."""
    from soundfile import LibsndfileError

    try:
        file.seek(0)
        return all((block == block[:, :1]).all() for block in file.blocks(65536, dtype="float64", always_2d=True))
    except LibsndfileError:
        return False


def _first_frame(path: Path, file: "SoundFile", column: int, start: float | Literal["onset"], section: str) -> int:
    if start == "onset":
        searched = _read(path, file, 0, min(file.frames, int(ONSET_SEARCH_S * file.samplerate)), column)
        check_content(str(path), searched, f"choose another {section}.channel, or another recording")
        first = onset_index(searched)
        _warn_about_onset(path, file, column, searched, first, section)
        return first
    length_s = file.frames / file.samplerate
    first = round(min(start, length_s) * file.samplerate)  # a larger start may be too large for an integer
    if not 0 <= first < file.frames:
        raise InputError(f"{path}: lasts {length_s:g} s; set {section}.start to a time within it, not {start:g} s")
    return first


def _warn_about_onset(path: Path, file: "SoundFile", column: int, searched: Floats, first: int, section: str) -> None:
    """Warn where the onset is probably not the direct sound: noise comes before it, or a louder sound after it."""
    rate_hz, magnitudes = file.samplerate, np.abs(searched)
    late_s = (int(np.argmax(magnitudes)) - first) / rate_hz
    if late_s > _LATEST_PEAK_S:
        logger.warning(
            "%s: the onset at %.3f s comes %.3f s before the loudest sample, so it may be noise or another sound; "
            "listen to it, and set %s.start to the time of the direct sound",
            *(path, first / rate_hz, late_s, section),
        )
    rest = min(file.frames - searched.size, int(_LISTENED_S * rate_hz))
    louder = float(np.abs(_read(path, file, searched.size, rest, column)).max()) if rest > 0 else 0.0
    if louder > 2 * float(magnitudes.max()):
        logger.warning(
            "%s: a sound %.0f dB louder comes after the first %g s, in which the onset is looked for; if that is the "
            "one you want, set %s.start to its time",
            *(path, 20 * np.log10(louder / float(magnitudes.max())), ONSET_SEARCH_S, section),
        )


def _read(path: Path, file: "SoundFile", first: int, frames: int, column: int) -> Floats:
    """Read one channel; libsndfile delivers all of them, so they go through memory in blocks."""
    from soundfile import LibsndfileError

    samples = _room_for(path, frames)
    done = 0
    try:
        file.seek(first)
        for block in file.blocks(blocksize=65536, frames=frames, dtype="float64", always_2d=True):
            samples[done : done + len(block)] = block[:, column]
            done += len(block)
    except LibsndfileError as error:
        raise InputError(f"{path}: cannot be read beyond sample {first + done} ({error}); replace the file") from error
    if done < frames:
        raise InputError(f"{path}: ends at sample {first + done}, earlier than its header says; replace the file")
    return samples


def _room_for(path: Path, frames: int) -> Floats:
    try:
        return np.empty(frames)
    except (MemoryError, ValueError) as error:
        raise InputError(
            f"{path}: its header promises {frames} samples, more than fit in memory; replace the file, or choose a "
            "shorter excerpt"
        ) from error


def check_content(name: str, samples: Floats, advice: str) -> None:
    """Check that samples, [N], are sound: finite, at a possible level, neither silent nor constant.

    Args:
        name: the file, or the section of the configuration that synthesises them, for the message.
        samples: the excerpt.
        advice: what to do about it, for the message.

    Raises:
        InputError: naming `name` and what is wrong.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        kept = samples.astype(np.float32)  # the precision of all later steps
    if not np.isfinite(kept).all():
        raise InputError(f"{name}: the excerpt has samples that are not finite (NaN or infinite); {advice}")
    peak = float(np.abs(kept).max())
    if peak > LOUDEST:
        raise InputError(
            f"{name}: the excerpt has samples of up to {peak:.3g}, where full scale is 1; scale it to full scale, or "
            f"{advice}"
        )
    if peak < QUIETEST:
        level = f" (its peak is {peak:.1e})" if peak else ""
        raise InputError(f"{name}: the excerpt is silent{level}; {advice}")
    if kept.size > 1 and kept.min() == kept.max():
        raise InputError(f"{name}: the excerpt is constant (only DC); {advice}")
