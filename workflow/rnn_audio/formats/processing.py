"""A sound file of any length through a model, in constant memory; without PyTorch."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnn_audio.atomic import replacing
from rnn_audio.errors import InputError
from rnn_audio.formats.portable import PortableModel
from rnn_audio.networks.engines.streaming import Stream
from rnn_audio.signals.streamed_resampling import StreamedResampler
from rnn_audio.types import Floats

if TYPE_CHECKING:
    from soundfile import SoundFile

BLOCK_FRAMES = 1 << 16
"""Frames that are in memory at once."""

_LARGEST_WAV = (1 << 32) - (1 << 12)
_BYTES = 4

Progress = Callable[[int, int], None]
"""Called with the frames that are done, and with all of them."""


def process_file(
    model: PortableModel,
    source: Path,
    output: Path,
    *,
    progress: Progress | None = None,
    block_frames: int = BLOCK_FRAMES,
) -> None:
    """Send a sound through a model, each channel for itself; the output has its rate, channels and length.

    Where the model has another rate, the sound is resampled to it, and the output back. A model that does not say its
    rate gets the sound as it is.

    Args:
        model: the model.
        source: WAV, FLAC, AIFF or another format of libsndfile.
        output: a WAV file of 32-bit floats, written whole or not at all.
        progress: called after each block.
        block_frames: frames of a block, which change nothing but rounding.

    Raises:
        InputError: the sound cannot be read, has no samples or such as are not finite, or the output is not named .wav.
    """
    import soundfile

    if output.suffix.lower() != ".wav":
        raise InputError(f"{output}: the output is WAV (32-bit floats); give it a name that ends with .wav")
    if output.exists() and source.exists() and output.samefile(source):
        raise InputError(f"{output}: is the input; give the output another name")
    with open_sound(source) as file, replacing(output) as temporary:
        size = file.frames * file.channels * _BYTES
        form = {"samplerate": file.samplerate, "channels": file.channels, "subtype": "FLOAT"}
        form["format"] = "WAV" if size < _LARGEST_WAV else "RF64"
        channels = [_Channel(model, file.samplerate, file.frames) for _ in range(file.channels)]
        with soundfile.SoundFile(temporary, "w", **form) as written:
            for done, block in _blocks(source, file, block_frames):
                written.write(np.column_stack([own.process(block[:, n]) for n, own in enumerate(channels)]))
                if progress is not None:
                    progress(done, file.frames)
            written.write(np.column_stack([own.finish() for own in channels]))


def open_sound(path: Path) -> "SoundFile":
    """Open a sound file with at least one sample; raises InputError if it is missing, or none."""
    from soundfile import LibsndfileError, SoundFile

    if not path.is_file():
        raise InputError(f"{path}: no such file; correct the path")
    try:
        file = SoundFile(path)
    except (LibsndfileError, TypeError, OSError) as error:
        raise InputError(f"{path}: cannot be read as sound ({error}); give a WAV, FLAC or AIFF file") from error
    if file.frames == 0:
        file.close()
        raise InputError(f"{path}: has no samples; give another recording")
    return file


class _Channel:
    """One channel's way through the model, with its state and its two resamplers.

    Args:
        model: the model.
        rate_hz: rate of the sound.
        frames: its length.
    """

    def __init__(self, model: PortableModel, rate_hz: int, frames: int) -> None:
        self._stream = Stream(model.weights, skip=model.skip, state=model.state)
        self._left = frames
        own_hz = round(model.rate_hz or rate_hz)
        self._there = self._back = None
        if own_hz != rate_hz:
            self._there, self._back = StreamedResampler(rate_hz, own_hz), StreamedResampler(own_hz, rate_hz)

    def process(self, samples: Floats) -> NDArray[np.floating]:
        if self._there is None or self._back is None:
            return self._stream.process(samples)
        return self._cut(self._back.process(self._stream.process(self._there.process(samples))))

    def finish(self) -> NDArray[np.floating]:
        if self._there is None or self._back is None:
            return np.empty(0)
        last = self._back.process(self._stream.process(self._there.finish()))
        return self._cut(np.concatenate([last, self._back.finish()]))

    def _cut(self, samples: Floats) -> Floats:
        """Resampled there and back, a sound can be a little longer."""
        kept = samples[: self._left]
        self._left -= len(kept)
        return kept


def _blocks(path: Path, file: "SoundFile", frames: int) -> Iterator[tuple[int, Floats]]:
    from soundfile import LibsndfileError

    done = 0
    try:
        for block in file.blocks(blocksize=frames, dtype="float64", always_2d=True):
            if not np.isfinite(block).all():
                raise InputError(f"{path}: has samples that are not finite (NaN or infinite); replace the file")
            done += len(block)
            yield done, block
    except LibsndfileError as error:
        raise InputError(f"{path}: cannot be read beyond sample {done} ({error}); replace the file") from error
    if done < file.frames:
        raise InputError(f"{path}: ends at sample {done}, earlier than its header says; replace the file")
