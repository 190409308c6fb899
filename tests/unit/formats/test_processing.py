"""A sound file through a model: what comes out is what the library computes, at any rate, in blocks of any length."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.format_readers import play_truly
from support.portable_models import RATE_HZ, noise, random_model

from rnn_audio.errors import InputError
from rnn_audio.formats.portable import PortableModel
from rnn_audio.formats.processing import process_file
from rnn_audio.types import Floats


def written(path: Path, samples: Floats, rate_hz: int = RATE_HZ) -> Path:
    soundfile.write(path, samples, rate_hz, subtype="FLOAT")
    return path


def processed(model: PortableModel, source: Path, block_frames: int = 1 << 16) -> tuple[Floats, int]:
    output = source.with_name("out.wav")
    process_file(model, source, output, block_frames=block_frames)
    return soundfile.read(output)


@pytest.mark.parametrize("skip", [False, True])
def test_it_is_the_models_output(tmp_path: Path, skip: bool) -> None:
    model, sound = random_model(skip=skip), noise()
    output, rate_hz = processed(model, written(tmp_path / "in.wav", sound))
    assert rate_hz == RATE_HZ
    np.testing.assert_allclose(output, play_truly(model.weights, skip, sound), atol=1e-5, rtol=0)


@pytest.mark.parametrize("rate_hz", [RATE_HZ, 48_000, 22_050])
def test_the_blocks_change_nothing(tmp_path: Path, rate_hz: int) -> None:
    """An hour is made of the same blocks as a second, and no more than one of them is in memory."""
    model, source = random_model(), written(tmp_path / "in.wav", noise(), rate_hz)
    whole, _ = processed(model, source)
    for frames in (1, 97, 1000):
        np.testing.assert_allclose(processed(model, source, frames)[0], whole, atol=1e-5, rtol=0)


@pytest.mark.parametrize("rate_hz", [48_000, 32_000])
def test_another_rate_gives_the_same_sound_at_that_rate(tmp_path: Path, rate_hz: int) -> None:
    def tone(hz: int) -> Floats:
        return 0.5 * np.sin(2 * np.pi * 200 * np.arange(hz // 4) / hz)

    model = random_model()
    own, _ = processed(model, written(tmp_path / "in.wav", tone(RATE_HZ)))
    other, given_hz = processed(model, written(tmp_path / "in.wav", tone(rate_hz), rate_hz))
    assert (given_hz, len(other)) == (rate_hz, rate_hz // 4)
    seconds = np.linspace(0.05, 0.2, 500)  # the model's harmonics are low, so that straight lines hit its output
    at = [np.interp(seconds, np.arange(len(each)) / hz, each) for each, hz in ((own, RATE_HZ), (other, rate_hz))]
    assert np.abs(at[0] - at[1]).max() < 0.01 * np.abs(at[0]).max()


@pytest.mark.parametrize("rate_hz", [RATE_HZ, 48_000])
def test_each_channel_is_processed_for_itself(tmp_path: Path, rate_hz: int) -> None:
    model, left = random_model(), noise()
    right = left[::-1].copy()
    both, _ = processed(model, written(tmp_path / "in.wav", np.column_stack([left, right]), rate_hz))
    for channel, side in enumerate((left, right)):
        alone, _ = processed(model, written(tmp_path / "in.wav", side, rate_hz))
        np.testing.assert_array_equal(both[:, channel], alone)


def test_a_model_that_does_not_say_its_rate_gets_the_sound_as_it_is(tmp_path: Path) -> None:
    model, sound = replace(random_model(), rate_hz=None), noise()
    output, rate_hz = processed(model, written(tmp_path / "in.wav", sound, 8_000))
    assert rate_hz == 8_000
    np.testing.assert_allclose(output, play_truly(model.weights, model.skip, sound), atol=1e-5, rtol=0)


def test_it_begins_with_the_models_own_state(tmp_path: Path) -> None:
    model, sound = random_model(), noise()
    h, c = noise(2 * model.hidden_size).reshape(2, -1)
    output, _ = processed(model.with_state((h, c)), written(tmp_path / "in.wav", sound))
    np.testing.assert_allclose(output, play_truly(model.weights, model.skip, sound, (h, c)), atol=1e-5, rtol=0)


def test_progress_ends_with_all_frames(tmp_path: Path) -> None:
    source, calls = written(tmp_path / "in.wav", noise(1000)), []
    told = lambda done, frames: calls.append((done, frames))  # noqa: E731
    process_file(random_model(), source, tmp_path / "out.wav", progress=told, block_frames=400)
    assert calls == [(400, 1000), (800, 1000), (1000, 1000)]


def test_bad_sounds_are_told_and_leave_nothing(tmp_path: Path) -> None:
    good, nan = written(tmp_path / "good.wav", noise(100)), noise(1000)
    nan[900] = np.nan
    (tmp_path / "text.wav").write_text("no sound")
    cases = {
        tmp_path / "missing.wav": "no such file",
        tmp_path / "text.wav": "cannot be read as sound",
        written(tmp_path / "empty.wav", np.empty(0)): "no samples",
        written(tmp_path / "nan.wav", nan): "not finite",
    }
    for source, message in cases.items():
        with pytest.raises(InputError, match=message) as raised:
            process_file(random_model(), source, tmp_path / "out.wav", block_frames=100)
        assert source.name in str(raised.value)
    for output, message in ((tmp_path / "out.flac", "ends with .wav"), (good, "is the input")):
        with pytest.raises(InputError, match=message):
            process_file(random_model(), good, output)
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]
    assert len(soundfile.read(good)[0]) == 100
