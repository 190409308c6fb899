"""The sounds of a listening test."""

from typing import Any

import auraloss
import numpy as np
import pytest
import torch
from support.listening import RATE_HZ, TEST, changed, outputs, tones

from rnn_audio.errors import InputError
from rnn_audio.listening.distances import WINDOWS, distances, spectral_distance
from rnn_audio.listening.loudness import loudness_lufs
from rnn_audio.listening.plan import trials
from rnn_audio.listening.stimuli import Stimuli, make_stimuli
from rnn_audio.reporting.page.sound import FULL_SCALE

# One model: each sound costs its distances from the reference.
ONE = changed(groups={"one": {"none": "amplifier_32_none"}})


def made(test: dict[str, Any] = TEST, level: float = 1.0) -> Stimuli:
    source, target = tones(6)
    return make_stimuli(test, (source, level * target), outputs(level * target, test), RATE_HZ, None)


@pytest.fixture(scope="module")
def usual() -> Stimuli:
    return made()


def test_signals_of_both_groups_share_references_and_anchors(usual: Stimuli) -> None:
    files = {file for trial in trials(TEST) for file in trial.files.values()}
    assert set(usual.sounds) == set(usual.distances) == files
    assert len(files) == 32
    assert sum(len(trial.files) for trial in trials(TEST)) == 40


def test_a_configuration_in_two_groups_has_the_same_bytes() -> None:
    same = {"none": "amplifier_32_none"}
    stimuli = made(changed(groups={"one": same, "two": same}))
    assert stimuli.sounds["clip_1/one_none.wav"].tobytes() == stimuli.sounds["clip_1/two_none.wav"].tobytes()


@pytest.mark.parametrize("level", [0.01, 0.4])
def test_the_reference_has_minus_23_lufs_whatever_the_recordings_level(level: float) -> None:
    stimuli = made(ONE, level)
    for clip in (1, 2, 3, 4):
        sound = stimuli.sounds[f"clip_{clip}/reference.wav"] / FULL_SCALE
        assert loudness_lufs(sound, RATE_HZ) == pytest.approx(-23, abs=0.05)
    assert not any(clip["limited_by_peak"] for clip in stimuli.clips)


def test_all_sounds_of_a_clip_have_one_gain() -> None:
    source, target = tones(6)
    test = changed(groups={"size_32": TEST["groups"]["size_32"]})
    levels = {name: 0.5 if name.endswith("none") else 1.0 for name in outputs(target, test)}
    stimuli = make_stimuli(test, (source, target), {name: own * target for name, own in levels.items()}, RATE_HZ, None)
    reference = stimuli.sounds["clip_2/reference.wav"]
    assert np.array_equal(stimuli.sounds["clip_2/size_32_highpass.wav"], reference)
    assert np.abs(2.0 * stimuli.sounds["clip_2/size_32_none.wav"] - reference).max() <= 1
    quieter = stimuli.distances["clip_2/size_32_none.wav"]
    assert [quieter[f"esr_{name}"] for name in ("none", "highpass", "folded_differentiator", "a_weighting")] == (
        pytest.approx([0.25] * 4, rel=1e-3)
    )
    assert set(stimuli.distances["clip_2/size_32_highpass.wav"].values()) == {0.0}


def test_a_loud_model_lowers_the_gain_of_its_clip_only_as_far_as_its_peak_needs() -> None:
    source, target = tones(6)
    loud = {"amplifier_32_none": 50 * target}
    stimuli = make_stimuli(ONE, (source, target), loud, RATE_HZ, None)
    highest = max(np.abs(sound.astype(int)).max() for sound in stimuli.sounds.values())
    assert highest == round(FULL_SCALE * 10 ** (-1 / 20))
    assert all(clip["limited_by_peak"] for clip in stimuli.clips)


def test_ends_are_silent(usual: Stimuli) -> None:
    for sound in usual.sounds.values():
        assert np.abs(sound[[0, -1]]).max() <= 0.01 * np.abs(sound.astype(int)).max()


def test_the_tanh_anchor_is_as_loud_as_the_reference(usual: Stimuli) -> None:
    anchor, reference = (usual.sounds[f"clip_3/{name}.wav"] / FULL_SCALE for name in ("tanh", "reference"))
    assert loudness_lufs(anchor, RATE_HZ) == pytest.approx(loudness_lufs(reference, RATE_HZ), abs=0.05)


def test_low_pass_anchors_keep_what_is_below_and_remove_what_is_above() -> None:
    """The mask of BS.1534-3 for 3.5 kHz: within 0.1 dB up to there, 25 dB at 4 kHz and 50 dB at 4.5 kHz."""
    rate_hz = 44_100
    time_s = np.arange(6 * rate_hz) / rate_hz
    hz = [500, 3400, 4000, 4500, 6900, 8000]
    target = 0.05 * sum(np.sin(2 * np.pi * each * time_s) for each in hz)
    test = ONE | {"anchors": ["low_pass_3500", "low_pass_7000"], "clips": {"count": 1, "seconds": 4.0}}
    stimuli = make_stimuli(test, (target, target), outputs(target, test), rate_hz, None)

    def level_db(name: str, frequency_hz: float) -> float:
        sound = stimuli.sounds[f"clip_1/{name}.wav"] / FULL_SCALE
        return 20 * np.log10(np.abs(sound @ np.exp(-2j * np.pi * frequency_hz * np.arange(len(sound)) / rate_hz)))

    kept = {name: [level_db(name, each) - level_db("reference", each) for each in hz] for name in test["anchors"]}
    assert kept["low_pass_3500"][:2] == pytest.approx([0, 0], abs=0.1)
    assert kept["low_pass_3500"][2] < -25
    assert max(kept["low_pass_3500"][3:]) < -50
    assert kept["low_pass_7000"][:5] == pytest.approx([0] * 5, abs=0.1)
    assert kept["low_pass_7000"][5] < -50


def test_what_cannot_be_a_stimulus_is_refused() -> None:
    source, target = tones(6)
    with pytest.raises(InputError, match=r"silent from 0\.0 to 1\.0 s"):
        make_stimuli(TEST, (source, 0 * target), outputs(target), RATE_HZ, None)
    low = changed(anchors=["low_pass_7000"])
    with pytest.raises(InputError, match="nothing above 7000 Hz"):
        make_stimuli(low, tones(6, 14_000), outputs(tones(6, 14_000)[1], low), 14_000, None)


def test_the_spectral_distance_is_that_of_an_independent_implementation() -> None:
    random = np.random.default_rng(2)
    reference = np.sin(np.arange(9000) / 20) + 0.1 * random.standard_normal(9000)
    stimulus = reference + 0.2 * random.standard_normal(9000)
    sizes = {"fft_sizes": list(WINDOWS), "win_lengths": list(WINDOWS), "hop_sizes": [each // 4 for each in WINDOWS]}
    tensors = [torch.from_numpy(each).reshape(1, 1, -1) for each in (stimulus, reference)]
    expected = auraloss.freq.MultiResolutionSTFTLoss(**sizes)(*tensors).item()
    assert spectral_distance(stimulus, reference) == pytest.approx(expected, rel=1e-4)


def test_distances_grow_with_the_error_and_exist_for_the_shortest_sounds() -> None:
    random = np.random.default_rng(3)
    reference, noise = random.standard_normal((2, 400))
    near, far = (distances(reference + error * noise, reference, 8000) for error in (0.01, 0.1))
    assert all(far[name] > near[name] > 0 for name in near)
