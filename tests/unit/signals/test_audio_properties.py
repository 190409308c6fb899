"""Whatever stands in a sound file, it gives finite mono samples or is refused in words."""

import io
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from rnn_audio.errors import InputError
from rnn_audio.signals.recordings import Duration, read_recording
from rnn_audio.wav import read_wav, write_wav

NOISE = np.random.default_rng(1).uniform(-0.5, 0.5, (400, 2))
FORMATS = [
    ("WAV", "PCM_U8"),
    ("WAV", "PCM_16"),
    ("WAV", "FLOAT"),
    ("WAV", "DOUBLE"),
    ("WAV", "IMA_ADPCM"),
    ("FLAC", "PCM_16"),
    ("AIFF", "PCM_24"),
]
STARTS = st.sampled_from([0.0, 0.01, "onset"])
DURATIONS = st.sampled_from([None, Duration(samples=50), Duration(seconds=0.02)])
CHANNELS = st.sampled_from([None, 0, 1])


def encoded(form: str, subtype: str, channels: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, NOISE[:, :channels], 8000, format=form, subtype=subtype)
    return file.getvalue()


def artefact() -> bytes:
    """A file of the workflow's own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "8000.wav"
        write_wav(path, NOISE[:, 0], 8000)
        return path.read_bytes()


FILES = [encoded(form, subtype, channels) for form, subtype in FORMATS for channels in (1, 2)]


@st.composite
def damaged(draw: st.DrawFn, sound: st.SearchStrategy[bytes]) -> bytes:
    """A file with bytes changed, most of them in its header, inserted or removed, or cut short."""
    content = bytearray(draw(sound))
    for _ in range(draw(st.integers(1, 8))):
        place = draw(st.integers(0, draw(st.sampled_from([64, len(content)]))))
        action = draw(st.sampled_from(["change", "change", "insert", "remove", "cut"]))
        if action == "change":
            content[place : place + 4] = draw(st.sampled_from([b"\0", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\x7f"]))
        elif action == "insert":
            content[place:place] = draw(st.binary(max_size=8))
        elif action == "remove":
            del content[place : place + 4]
        elif place > 64:
            del content[place:]
    return bytes(content)


@settings(max_examples=400)
@given(
    content=st.one_of(st.binary(max_size=300), damaged(st.sampled_from(FILES))),
    start=STARTS,
    duration=DURATIONS,
    channel=CHANNELS,
)
def test_any_file_gives_finite_mono_samples_or_is_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory,
    content: bytes,
    start: float | str,
    duration: Duration | None,
    channel: int | None,
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.wav"
    path.write_bytes(content)
    try:
        recording = read_recording(path, channel=channel, start=start, duration=duration)
    except InputError as error:
        assert str(path) in str(error)
        assert str(error).isprintable()
        return
    samples = recording.samples.astype(np.float32)
    assert samples.ndim == 1
    assert np.isfinite(samples).all()
    assert np.ptp(samples) > 0 or samples.size == 1
    assert recording.rate_hz > 0


@settings(max_examples=200)
@given(content=st.one_of(st.binary(max_size=300), damaged(st.just(artefact()))))
def test_any_artefact_gives_finite_float32_mono_or_is_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any-artefact.wav"
    path.write_bytes(content)
    try:
        samples, rate_hz = read_wav(path)
    except InputError as error:
        assert str(path) in str(error)
        assert str(error).isprintable()
        return
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert np.isfinite(samples).all()
    assert rate_hz > 0
