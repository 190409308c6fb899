from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support.places import RECORDINGS

from rnn_audio.errors import InputError
from rnn_audio.signals import recordings
from rnn_audio.signals.recordings import Duration, read_recording
from rnn_audio.wav import read_wav, write_wav

SECTION = "signals.room.file"
RATE_HZ = 8000
RAMP = np.linspace(-0.5, 0.5, 400)
TEN = Duration(samples=10)

needs_recordings = pytest.mark.skipif(not RECORDINGS.is_dir(), reason=f"no recordings in {RECORDINGS}")


@pytest.mark.parametrize(
    ("name", "subtype", "step"),
    [
        ("a.wav", "PCM_16", 2**-15),
        ("a.wav", "PCM_24", 2**-23),
        ("a.wav", "FLOAT", 2**-24),
        ("a.flac", "PCM_24", 2**-23),
        ("a.aiff", "PCM_16", 2**-15),
    ],
)
def test_every_format_gives_the_same_samples(tmp_path: Path, name: str, subtype: str, step: float) -> None:
    soundfile.write(tmp_path / name, RAMP, RATE_HZ, subtype=subtype)
    recording = read_recording(tmp_path / name, channel=None, start=0.0, duration=Duration(seconds=0.05))
    assert (recording.rate_hz, recording.samples.dtype, recording.samples.shape) == (RATE_HZ, np.float64, (400,))
    np.testing.assert_allclose(recording.samples, RAMP, atol=step)


def test_floats_beyond_full_scale_are_kept(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "loud.wav", 5 * RAMP, RATE_HZ, subtype="FLOAT")
    recording = read_recording(tmp_path / "loud.wav", channel=0, start=0, duration=Duration(samples=400))
    assert recording.samples[-1] == 2.5


def test_named_channel_and_start_are_those_read(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "two.wav", np.column_stack([RAMP, 0.5 * RAMP]), RATE_HZ, subtype="DOUBLE")
    recording = read_recording(tmp_path / "two.wav", channel=1, start=0.01, duration=TEN)
    np.testing.assert_array_equal(recording.samples, 0.5 * RAMP[80:90])
    assert recording.first_frame == 80


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (0.0, 1.0, ""),
        (0.15, 1.0, "before the loudest sample"),
        (0.0, 5.0, "14 dB louder comes after the first 30 s"),
    ],
)
def test_an_onset_that_may_be_wrong_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, before: float, after: float, expected: str
) -> None:
    shots = np.random.default_rng(1).uniform(-before, before, 35 * RATE_HZ) if before else np.zeros(35 * RATE_HZ)
    shots[5000], shots[32 * RATE_HZ] = 1.0, after
    soundfile.write(tmp_path / "shots.wav", shots, RATE_HZ, subtype="FLOAT")
    read_recording(tmp_path / "shots.wav", channel=None, start="onset", duration=TEN, section=SECTION)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == bool(expected)
    assert all(expected in warning and f"set {SECTION}.start" in warning for warning in warnings)


def test_onset_is_the_first_sample_within_20_db_of_the_peak(tmp_path: Path) -> None:
    click = np.zeros(1000)
    click[[200, 300, 310]] = [0.09, 0.11, -1.0]
    soundfile.write(tmp_path / "click.wav", click, RATE_HZ, subtype="FLOAT")
    assert read_recording(tmp_path / "click.wav", channel=None, start="onset", duration=TEN).first_frame == 300


def test_onset_is_searched_in_the_first_stretch_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings, "ONSET_SEARCH_S", 0.05)
    late_peak = np.zeros(1000)
    late_peak[[300, 900]] = [0.01, 1.0]
    soundfile.write(tmp_path / "late.wav", late_peak, RATE_HZ, subtype="FLOAT")
    assert read_recording(tmp_path / "late.wav", channel=None, start="onset", duration=TEN).first_frame == 300


@needs_recordings
def test_onset_of_a_recorded_room_is_its_direct_sound() -> None:
    recording = read_recording(RECORDINGS / "room-ir.wav", channel=0, start="onset", duration=Duration(seconds=0.5))
    assert recording.first_frame == 534
    assert recording.samples.shape == (22050,)
    assert np.abs(recording.samples).argmax() == 0


def _silent(folder: Path) -> Path:
    soundfile.write(folder / "x.wav", np.zeros(100), RATE_HZ)
    return folder / "x.wav"


def _constant(folder: Path) -> Path:
    soundfile.write(folder / "x.wav", np.full(100, 0.25), RATE_HZ)
    return folder / "x.wav"


def _nan(folder: Path) -> Path:
    soundfile.write(folder / "x.wav", np.where(np.arange(100) == 5, np.nan, 0.1), RATE_HZ, subtype="FLOAT")
    return folder / "x.wav"


def _infinite(folder: Path) -> Path:
    soundfile.write(folder / "x.wav", np.where(np.arange(100) == 5, np.inf, 0.1), RATE_HZ, subtype="FLOAT")
    return folder / "x.wav"


def _stereo(folder: Path) -> Path:
    soundfile.write(folder / "x.wav", np.ones((100, 2)) * [0.1, 0.2], RATE_HZ)
    return folder / "x.wav"


def _header_only(folder: Path) -> Path:
    soundfile.write(folder / "x.wav", np.zeros(0), RATE_HZ)
    return folder / "x.wav"


def _text(folder: Path) -> Path:
    (folder / "x.wav").write_text("no sound in here")
    return folder / "x.wav"


def _empty(folder: Path) -> Path:
    (folder / "x.wav").touch()
    return folder / "x.wav"


def _broken_flac(folder: Path) -> Path:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 100_000)
    soundfile.write(folder / "x.flac", noise, RATE_HZ)
    content = (folder / "x.flac").read_bytes()
    (folder / "x.flac").write_bytes(content[: len(content) // 2])
    return folder / "x.flac"


def _short(folder: Path) -> Path:
    soundfile.write(folder / "x.wav", RAMP[:105], RATE_HZ)
    return folder / "x.wav"


MISTAKES: list[tuple[Callable[[Path], Path], dict[str, object], list[str]]] = [
    (lambda folder: folder / "nowhere.wav", {}, ["nowhere.wav", "no such file", SECTION]),
    (lambda folder: folder, {}, ["folder", SECTION]),
    (_text, {}, ["cannot be read as sound", "WAV, FLAC or AIFF"]),
    (_empty, {}, ["cannot be read as sound"]),
    (_header_only, {}, ["no samples", "another recording"]),
    (_stereo, {}, ["2 channels", f"set {SECTION}.channel to one of 0..1"]),
    (_stereo, {"channel": 2}, ["no channel 2", f"{SECTION}.channel to 0..1"]),
    (_short, {"channel": 1}, ["no channel 1", f"{SECTION}.channel to 0"]),
    (_nan, {}, ["not finite", f"{SECTION}.start"]),
    (_infinite, {}, ["not finite"]),
    (_nan, {"start": "onset"}, ["not finite"]),
    (_silent, {}, ["silent"]),
    (_silent, {"start": "onset"}, ["silent"]),
    (_constant, {}, ["constant (only DC)"]),
    (_short, {"start": 0.0125}, ["signals.room.duration_samples is 10", "only 5;", f"earlier {SECTION}.start"]),
    (_short, {"duration": Duration(seconds=0.25)}, ["signals.room.duration_s is 0.25", "only 0.013125;"]),
    (_short, {"start": 1.0}, ["lasts 0.013125 s", f"set {SECTION}.start"]),
    (_short, {"start": -1.0}, [f"set {SECTION}.start"]),
    (_broken_flac, {"duration": Duration(samples=90_000)}, ["x.flac", "replace the file"]),
]


@pytest.mark.parametrize(("make", "arguments", "expected"), MISTAKES)
def test_mistakes_name_the_file_and_the_remedy(
    tmp_path: Path, make: Callable[[Path], Path], arguments: dict[str, object], expected: list[str]
) -> None:
    path = make(tmp_path)
    chosen = {"channel": None, "start": 0.0, "duration": TEN, "section": SECTION} | arguments
    with pytest.raises(InputError) as caught:
        read_recording(path, **chosen)
    for part in [str(path), *expected]:
        assert part in str(caught.value)


@pytest.mark.parametrize("arguments", [{}, {"seconds": 0.5, "samples": 3}, {"seconds": 0.0}, {"samples": -1}])
def test_a_duration_is_one_positive_length(arguments: dict[str, float]) -> None:
    with pytest.raises(InputError, match="duration"):
        Duration(**arguments)


@settings(max_examples=30, deadline=None)
@given(
    samples=arrays(np.float32, st.integers(0, 50), elements=st.floats(-1e6, 1e6, width=32)),
    rate_hz=st.integers(1, 384_000),
)
def test_written_wav_reads_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, samples: np.ndarray, rate_hz: int
) -> None:
    path = tmp_path_factory.mktemp("wav") / "a.wav"
    write_wav(path, samples, rate_hz)
    read, read_rate_hz = read_wav(path)
    assert read_rate_hz == rate_hz
    np.testing.assert_array_equal(read, samples)


def test_written_wav_is_read_by_libsndfile_and_is_the_same_each_time(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", RAMP, 5512)
    write_wav(tmp_path / "b.wav", RAMP, 5512)
    samples, rate_hz = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert rate_hz == 5512
    np.testing.assert_array_equal(samples, RAMP.astype(np.float32))
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


@pytest.mark.parametrize("samples", [[np.nan], [np.inf], [1e300], [[0.0], [1.0]]])
def test_writing_refuses_what_is_not_finite_mono(tmp_path: Path, samples: list[float]) -> None:
    with pytest.raises(ValueError, match=r"a\.wav"):
        write_wav(tmp_path / "a.wav", np.array(samples), 1024)
    assert not list(tmp_path.iterdir())


def test_damaged_artefact_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    write_wav(path, RAMP, 1024)
    content = path.read_bytes()
    for damaged in (content[:-1], content[:-8], content[:20], b"", b"X" + content[1:], content[:24] + b"\xff" * 40):
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"a\.wav: corrupt or cut short"):
            read_wav(path)
    with pytest.raises(InputError, match="no such file"):
        read_wav(tmp_path / "b.wav")
