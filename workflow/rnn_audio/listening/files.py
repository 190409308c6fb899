"""The files of a listening test: its folder for webMUSHRA, 16-bit mono WAV, and the record of what it holds."""

import io
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rnn_audio.atomic import replacing
from rnn_audio.digests import digest_bytes, digest_record
from rnn_audio.errors import InputError
from rnn_audio.listening.instructions import not_real
from rnn_audio.listening.stimuli import Sound, Stimuli
from rnn_audio.listening.webmushra import configuration_path, sounds_folder, webmushra_configuration
from rnn_audio.records import Record

_ID_DIGITS = 8


def write_webmushra(
    folder: Path, name: str, test: Mapping[str, Any], stimuli: Stimuli, rate_hz: int, notes: Sequence[str] = ()
) -> Record:
    """Write what goes into webMUSHRA's own folder.

    Args:
        folder: what is written into.
        name: the test's name in the configuration.
        test: its entry there.
        stimuli: its sounds.
        rate_hz: their rate in Hz.
        notes: why the test is not a real one, such as the scale of the run.

    Returns:
        The record of the test: `test_id`, `rate_hz`, `clips`, `distances`, and the SHA-256 of each of its `files`. The
        identity ends with a digest of all files, so that results tell of which sounds they are.
    """
    contents = {file: _wav(sound, rate_hz) for file, sound in stimuli.sounds.items()}
    digests = {file: digest_bytes(content).hex() for file, content in contents.items()}
    test_id = f"{name}-{digest_record(digests)[:_ID_DIGITS]}"
    for file, content in contents.items():
        with replacing(folder / sounds_folder(name) / file) as temporary:
            temporary.write_bytes(content)
    with replacing(folder / configuration_path(name)) as temporary:
        temporary.write_text(
            webmushra_configuration(name, test, test_id, not_real(notes, stimuli.clips)), encoding="utf-8", newline="\n"
        )
    return {
        "test_id": test_id,
        "rate_hz": rate_hz,
        "clips": stimuli.clips,
        "distances": {file: dict(own) for file, own in stimuli.distances.items()},
        "files": digests,
    }


def read_sounds(folder: Path, name: str, record: Record) -> dict[str, Sound]:
    """Read the sounds that `write_webmushra` wrote, by file, [N] each.

    Raises:
        InputError: one is missing, or has changed since.
    """
    sounds = {}
    for file, said in record["files"].items():
        path = folder / sounds_folder(name) / file
        content = path.read_bytes() if path.is_file() else b""
        if digest_bytes(content).hex() != said:
            raise InputError(
                f"{path}: missing, or changed since it was written; delete the folder {folder} and run the workflow "
                "again"
            )
        with wave.open(io.BytesIO(content)) as reader:
            sounds[file] = np.frombuffer(reader.readframes(reader.getnframes()), "<i2").astype(np.int16)
    return sounds


def _wav(sound: Sound, rate_hz: int) -> bytes:
    """16 bits, which every browser plays."""
    content = io.BytesIO()
    with wave.open(content, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate_hz)
        writer.writeframes(sound.astype("<i2").tobytes())
    return content.getvalue()
