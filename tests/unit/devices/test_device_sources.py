"""A device's recordings: simulated, or the user's own; checked, lined up and split by time."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from support.places import RECORDED_GUITAR
from support.recorded_devices import COMMON, RATE_HZ, lengths

from rnn_audio.devices.amplifier import amplify
from rnn_audio.devices.latency import UNCERTAINTY_S, measure_latency
from rnn_audio.devices.sources import SIDES, SPLITS, DeviceRecordings, inspect_device, load_device
from rnn_audio.errors import InputError
from rnn_audio.signals.guitar import playing
from rnn_audio.signals.recordings import read_recording
from rnn_audio.types import Floats, Settings
from rnn_audio.wav import write_wav

OWN = {"generator": "guitar_amplifier", "duration_s": 12, "seed": 3, "oversampling": 1}
SYNTHETIC = COMMON | {"source": "synthetic", "synthetic": OWN}


def side_by_side(device: DeviceRecordings) -> list[Floats]:
    """Input and target, the three splits put together again."""
    return [np.concatenate([device.pairs[split][side] for split in SPLITS]) for side in range(2)]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> DeviceRecordings:
    return load_device("amp", SYNTHETIC, tmp_path_factory.mktemp("downloads"))


@pytest.fixture(scope="module")
def played() -> Floats:
    return playing(5.0, RATE_HZ, seed=7).astype(np.float32).astype(np.float64)


def of_files(folder: Path, source: Floats, target: Floats, **changes: Any) -> Settings:  # noqa: ANN401 (any setting)
    """A user's own pair, written to files."""
    files = {"input": str(folder / "in.wav"), "target": str(folder / "out.wav")}
    for side, samples in zip(SIDES, (source, target), strict=True):
        write_wav(files[side], samples, RATE_HZ)
    return COMMON | {"source": "file", "file": files} | changes


# --- simulated ---


def test_the_simulated_device_is_playing_through_the_amplifier(simulated: DeviceRecordings) -> None:
    source, target = side_by_side(simulated)
    assert np.array_equal(source, playing(12, RATE_HZ, 3, longest_passage_s=12 * 0.1 / 3))
    assert np.array_equal(target, amplify(source, RATE_HZ, oversampling=1))
    assert (simulated.rate_hz, simulated.corrections) == (RATE_HZ, [])


def test_the_same_settings_make_the_same_recordings_and_another_seed_others(
    simulated: DeviceRecordings, tmp_path: Path
) -> None:
    again = load_device("other_name", SYNTHETIC, tmp_path)
    assert all(np.array_equal(*sides) for sides in zip(side_by_side(again), side_by_side(simulated), strict=True))
    other = load_device("amp", SYNTHETIC | {"synthetic": OWN | {"seed": 4}}, tmp_path)
    assert not np.array_equal(side_by_side(other)[0], side_by_side(simulated)[0])
    assert list(tmp_path.iterdir()) == []


def test_splits_are_shares_of_the_time_one_after_the_other(simulated: DeviceRecordings) -> None:
    assert lengths(simulated) == [(115200, 115200), (57600, 57600), (19200, 19200)]


def test_playing_that_is_too_short_for_its_splits_is_refused(tmp_path: Path) -> None:
    # A tenth of 11.9 s is too short for three passages of 0.4 s; a fifth of it is long enough.
    settings = SYNTHETIC | {"synthetic": OWN | {"duration_s": 11.9}}
    for attempt in (lambda: inspect_device("amp", settings), lambda: load_device("amp", settings, tmp_path)):
        with pytest.raises(InputError, match=r"amp\.synthetic\.duration_s: 11\.9 s give .*1\.19 s.* at least 12 s"):
            attempt()
    inspect_device("amp", settings | {"split": [0.6, 0.2, 0.2]})


# --- the user's own files ---


def test_no_sample_of_one_split_is_in_another_and_pairs_stay_in_step(tmp_path: Path) -> None:
    # No two samples of this noise are equal, so a shared one would be seen.
    source = np.random.default_rng(0).permutation(np.linspace(-0.9, 0.9, 4001))
    device = load_device("amp", of_files(tmp_path, source, source / 2), tmp_path)
    assert lengths(device) == [(2401, 2401), (1200, 1200), (400, 400)]
    heard = [set(device.pairs[split][0]) for split in SPLITS]
    assert len(heard[0] | heard[1] | heard[2]) == 4001
    for one, half in device.pairs.values():
        assert np.array_equal(half, one / 2)
    assert np.array_equal(side_by_side(device)[0], source.astype(np.float32))


def test_shares_below_one_leave_the_rest_out(tmp_path: Path) -> None:
    source = np.random.default_rng(0).uniform(-0.5, 0.5, 1000)
    device = load_device("amp", of_files(tmp_path, source, source, split=[0.5, 0.2, 0.1]), tmp_path)
    assert lengths(device) == [(500, 500), (200, 200), (100, 100)]


def test_latency_is_reported_and_left_alone(tmp_path: Path, played: Floats) -> None:
    late = np.concatenate([np.zeros(300), np.tanh(4 * played)[:-300]])
    device = load_device("amp", of_files(tmp_path, played, late), tmp_path)
    (finding,) = [one for one in device.findings if one.name.startswith("latency")]
    assert finding.name == "latency"
    assert "by 300 samples (18.75 ms" in finding.message
    assert device.corrections == []
    assert lengths(device) == [(48000, 48000), (24000, 24000), (8000, 8000)]
    assert np.array_equal(side_by_side(device)[1], late.astype(np.float32))


@pytest.mark.parametrize("shift", [300, -450])
def test_latency_is_corrected_by_its_own_length_where_that_is_asked_for(
    tmp_path: Path, played: Floats, shift: int
) -> None:
    loud = np.tanh(4 * played).astype(np.float32)
    moved = (
        np.concatenate([np.zeros(shift), loud[:-shift]])
        if shift > 0
        else np.concatenate([loud[-shift:], np.zeros(-shift)])
    )
    device = load_device("amp", of_files(tmp_path, played, moved, latency="correct"), tmp_path)
    source, target = side_by_side(device)
    left = round(UNCERTAINTY_S * RATE_HZ)
    assert len(source) == len(target) == len(played) - abs(shift - left)
    assert np.array_equal(target[left:], np.tanh(4 * source[:-left]).astype(np.float32))
    (correction,) = device.corrections
    assert f"latency of {shift} samples" in correction
    (measured,) = [own.target for own in device.measured if own.name == "latency (samples)"]
    assert measured == shift  # what was done does not hide what was found


def test_findings_name_files_without_their_folders_unless_both_have_one_name(tmp_path: Path, played: Floats) -> None:
    settings = of_files(tmp_path, played, np.tanh(4 * played) + 0.01)
    (found,) = load_device("amp", settings, tmp_path).findings
    assert found.message.startswith("out.wav has a DC offset")
    (tmp_path / "wet").mkdir()
    alike = Path(settings["file"]["target"]).rename(tmp_path / "wet/in.wav")
    settings["file"] |= {"target": str(alike)}
    (found,) = load_device("amp", settings, tmp_path).findings
    assert found.message.startswith(f"{alike} has a DC offset")


def test_a_pair_in_step_is_not_corrected(tmp_path: Path, played: Floats) -> None:
    device = load_device("amp", of_files(tmp_path, played, np.tanh(4 * played), latency="correct"), tmp_path)
    assert device.corrections == []
    assert not any(finding.name.startswith("latency") for finding in device.findings)
    assert np.array_equal(side_by_side(device)[0], played)


def test_a_recorded_guitar_and_its_distortion_are_a_users_own_pair(tmp_path: Path) -> None:
    if not RECORDED_GUITAR.exists():
        pytest.skip(f"no recording at {RECORDED_GUITAR}")
    recorded = read_recording(RECORDED_GUITAR, channel=None, start=0.0, duration=None)
    loud = np.tanh(8 * recorded.samples)
    # What the distortion alone looks like to the measurement.
    own = measure_latency(recorded.samples, loud, recorded.rate_hz).samples
    left = round(UNCERTAINTY_S * recorded.rate_hz)
    assert abs(own) <= left
    write_wav(tmp_path / "out.wav", np.concatenate([np.zeros(441), loud[:-441]]), recorded.rate_hz)
    settings = COMMON | {
        "rate_hz": recorded.rate_hz,
        "latency": "correct",
        "source": "file",
        "file": {"input": str(RECORDED_GUITAR), "target": str(tmp_path / "out.wav")},
    }
    inspect_device("amp", settings)
    device = load_device("amp", settings, tmp_path)
    assert f"latency of {441 + own} samples" in device.corrections[0]
    source, target = side_by_side(device)
    assert len(source) == len(target) == len(loud) - 441 - own + left
    assert np.array_equal(source, recorded.samples[: len(source)])
    np.testing.assert_allclose(target[left - own :], loud[: len(target) - left + own], rtol=0, atol=1e-6)
    with pytest.raises(InputError, match=r"44100 Hz.*devices\.amp\.rate_hz is 48000"):
        load_device("amp", settings | {"rate_hz": 48000}, tmp_path)


def stereo(folder: Path, side: str) -> Settings:
    """A pair of which one side has two channels: noise, and a fifth of it."""
    noise = np.random.default_rng(0).uniform(-0.9, 0.9, 1000)
    settings = of_files(folder, noise, noise)
    soundfile.write(settings["file"][side], np.stack([noise, noise / 5], axis=1), RATE_HZ, subtype="DOUBLE")
    return settings


@pytest.mark.parametrize("check", [lambda name, settings: load_device(name, settings, Path()), inspect_device])
@pytest.mark.parametrize("side", SIDES)
def test_several_channels_need_a_choice_and_the_key_of_it_is_named(
    tmp_path: Path,
    check: Any,  # noqa: ANN401 (either function)
    side: str,
) -> None:
    with pytest.raises(InputError, match=rf"2 channels; set devices\.amp\.file\.{side}_channel to one of 0\.\.1"):
        check("amp", stereo(tmp_path, side))


@pytest.mark.parametrize(("side", "index"), [("input", 0), ("target", 1)])
def test_the_chosen_channel_is_read(tmp_path: Path, side: str, index: int) -> None:
    settings = stereo(tmp_path, side)
    mono = settings["file"]
    first, second = (
        side_by_side(load_device("amp", settings | {"file": mono | {f"{side}_channel": channel}}, tmp_path))
        for channel in (0, 1)
    )
    np.testing.assert_allclose(second[index], first[index] / 5, rtol=1e-12)
    assert np.array_equal(first[1 - index], second[1 - index])


PLAYING = playing(5.0, RATE_HZ, seed=7)
PARTS = {"train": slice(0, 48000), "val": slice(48000, 72000), "test": slice(72000, 80000)}


@pytest.mark.parametrize("check", [lambda name, settings: load_device(name, settings, Path()), inspect_device])
@pytest.mark.parametrize("sides", ["both", "target"])
@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_silent_is_refused_with_its_time(
    tmp_path: Path,
    check: Any,  # noqa: ANN401 (either function)
    sides: str,
    part: str,
) -> None:
    source, target = PLAYING.copy(), np.tanh(4 * PLAYING)
    for side in (source, target) if sides == "both" else (target,):
        side[PARTS[part]] = 1e-5
    first, last = PARTS[part].start / RATE_HZ, PARTS[part].stop / RATE_HZ
    with pytest.raises(
        InputError, match=rf"the {part} part, from {first:.1f} to {last:.1f} s, is silent.*devices\.amp\.split"
    ):
        check("amp", of_files(tmp_path, source, target))


@pytest.mark.parametrize("latency", ["report", "correct"])
def test_a_long_silence_is_told_as_silence_and_not_as_a_latency_that_moves(tmp_path: Path, latency: str) -> None:
    source = playing(20.0, RATE_HZ, seed=7)
    source[: int(0.82 * len(source))] = 0.0
    with pytest.raises(InputError, match=r"the train part, from 0\.0 to 12\.0 s, is silent"):
        inspect_device("amp", of_files(tmp_path, source, np.tanh(4 * source), latency=latency))


def test_lost_samples_are_refused_unless_reports_are_asked_for(tmp_path: Path) -> None:
    source = playing(20.0, RATE_HZ, seed=7)
    target = np.tanh(4 * np.concatenate([source[:150000], source[150400:], np.zeros(400)]))
    settings = of_files(tmp_path, source, target, latency="correct")
    for check in (inspect_device, lambda name, settings: load_device(name, settings, tmp_path)):
        with pytest.raises(InputError, match=r"jumps by -40[01] samples.*set devices\.amp\.latency to report"):
            check("amp", settings)
    device = load_device("amp", settings | {"latency": "report"}, tmp_path)
    assert device.findings[-1].name == "latency_moves"
    assert device.corrections == []


NOISE = np.random.default_rng(1).uniform(-0.5, 0.5, 1000)
WRONG_PAIRS = {
    "shorter target": (NOISE, NOISE[:-10], {}, r"in\.wav has 1000 samples and .*out\.wav 990: trim"),
    "another rate": (
        NOISE,
        NOISE,
        {"rate_hz": 44100},
        r"in\.wav: its rate is 16000 Hz.*devices\.amp\.rate_hz is 44100",
    ),
    "silent input": (0 * NOISE, NOISE, {}, r"in\.wav: the excerpt is silent"),
    "silent target": (NOISE, 0 * NOISE, {}, r"out\.wav: the excerpt is silent"),
}


@pytest.mark.parametrize(("source", "target", "changes", "expected"), WRONG_PAIRS.values(), ids=WRONG_PAIRS.keys())
def test_a_pair_that_does_not_fit_is_refused_before_and_when_it_is_loaded(
    tmp_path: Path, source: Floats, target: Floats, changes: Settings, expected: str
) -> None:
    settings = of_files(tmp_path, source, target, **changes)
    with pytest.raises(InputError, match=expected):
        inspect_device("amp", settings)
    with pytest.raises(InputError, match=expected):
        load_device("amp", settings, tmp_path)


def test_a_target_at_another_rate_than_the_input_is_named_with_both_rates(tmp_path: Path) -> None:
    settings = of_files(tmp_path, NOISE, NOISE)
    write_wav(settings["file"]["target"], NOISE, 48000)
    with pytest.raises(InputError, match=r"out\.wav: its rate is 48000 Hz, but devices\.amp\.rate_hz is 16000"):
        inspect_device("amp", settings)


def test_a_missing_file_is_named_with_its_section(tmp_path: Path) -> None:
    settings = of_files(tmp_path, NOISE, NOISE)
    Path(settings["file"]["target"]).unlink()
    with pytest.raises(InputError, match=r"out\.wav: no such file; correct the path in devices\.amp\.file"):
        inspect_device("amp", settings)


def test_advice_on_a_silent_recording_names_no_key_that_devices_have_not(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        inspect_device("amp", of_files(tmp_path, NOISE, 0 * NOISE))
    assert "devices.amp.file.start" not in str(caught.value)
    assert "devices.amp.file.channel" not in str(caught.value)


REFUSED_WHEN_LOADED = {
    "a rate too low for the simulation": lambda _: SYNTHETIC | {"rate_hz": 12000},
    "shares of more than the whole": lambda folder: of_files(folder, NOISE, NOISE, split=[0.5, 0.4, 0.3]),
    "a recording below -80 dB": lambda folder: of_files(folder, NOISE, 1e-4 * NOISE),
}


@pytest.mark.parametrize("settings_in", REFUSED_WHEN_LOADED.values(), ids=REFUSED_WHEN_LOADED.keys())
def test_what_loading_will_refuse_is_refused_before_anything_runs(
    tmp_path: Path,
    settings_in: Any,  # noqa: ANN401 (a function of the folder)
) -> None:
    settings = settings_in(tmp_path)
    with pytest.raises(InputError):
        load_device("amp", settings, tmp_path)
    with pytest.raises(InputError):
        inspect_device("amp", settings)
