import json
from typing import Any

import numpy as np
import pytest

from rnn_audio.evaluation.signal_metrics import evaluate_reconstruction, evaluate_sounds
from rnn_audio.types import Floats

RATE_HZ = 8000


def decay(t60_s: float = 0.4, duration_s: float = 0.8) -> Floats:
    """Noise that falls by 60 dB in t60_s."""
    times = np.arange(int(duration_s * RATE_HZ)) / RATE_HZ
    return np.random.default_rng(1).standard_normal(times.size) * 10 ** (-3 * times / t60_s)


def evaluate(target: Floats, prediction: Floats, generation: Floats, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    arguments = {"rate_hz": RATE_HZ, "kind": "music", "seeded": True} | changes
    return evaluate_sounds(target, prediction=prediction, generation=generation, **arguments)


def test_perfect_sounds_have_no_error() -> None:
    target = decay()
    record = evaluate(target, target.copy(), target.copy())
    assert record["prediction"] == {"mse": 0, "relative_error": 0}
    assert record["generation"] == {
        "mse": 0,
        "relative_error": 0,
        "effective_length_samples": len(target),
        "effective_length_s": len(target) / RATE_HZ,
        "log_spectral_distance_db": 0,
    }


def test_errors_are_those_of_arithmetic() -> None:
    target = decay(t60_s=4)  # never below the floor of the spectral distance, where levels no longer count
    record = evaluate(target, target + 0.1, 0.5 * target, seeded=False)
    power = float(np.mean(target**2))
    assert record["target"] == {"samples": len(target), "power": pytest.approx(power)}
    assert record["prediction"]["mse"] == pytest.approx(0.01)
    assert record["prediction"]["relative_error"] == pytest.approx(0.01 / power)
    assert record["generation"]["mse"] == pytest.approx(0.25 * power)
    assert record["generation"]["relative_error"] == pytest.approx(0.25)
    assert record["generation"]["log_spectral_distance_db"] == pytest.approx(20 * np.log10(2), rel=1e-6)


def test_a_seed_sample_counts_in_no_error() -> None:
    # A target of 10 and then ones; sounds that open with it and are 0 afterwards are as bad as silence.
    target = np.ones(400)
    target[0] = 10
    target[1::2] *= -1
    sound = np.zeros(400)
    sound[0] = 10
    record = evaluate(target, sound, sound)
    assert record["target"]["power"] == 1
    for name in ("prediction", "generation"):
        assert record[name]["mse"] == 1
        assert record[name]["relative_error"] == 1


def test_without_a_seed_every_sample_counts() -> None:
    target = np.ones(400)
    target[1::2] *= -1
    sound = target.copy()
    sound[0] += 2
    record = evaluate(target, sound, sound, seeded=False)
    for name in ("prediction", "generation"):
        assert record[name]["mse"] == pytest.approx(4 / 400)


def test_prediction_and_generation_are_not_mixed_up() -> None:
    target = decay()
    record = evaluate(target, target, np.zeros_like(target), seeded=False)
    assert record["prediction"]["relative_error"] == 0
    assert record["generation"]["relative_error"] == 1
    assert record["generation"]["effective_length_samples"] < len(target) / 10


def test_a_length_in_seconds_is_that_in_samples_over_the_rate() -> None:
    target = decay()
    generation = np.where(np.arange(target.size) < 1000, target, 0)
    metrics = evaluate(target, target, generation)["generation"]
    assert abs(metrics["effective_length_samples"] - 1000) <= 0.005 * RATE_HZ
    assert metrics["effective_length_s"] == metrics["effective_length_samples"] / RATE_HZ


def tone(frequency_hz: float) -> Floats:
    return np.sin(2 * np.pi * frequency_hz * np.arange(4000) / RATE_HZ)


@pytest.mark.parametrize("kind", ["tone", "note"])
def test_tones_have_pitch_and_level_whatever_their_error(kind: str) -> None:
    record = evaluate(tone(440), tone(440), 0.5 * tone(430), kind=kind)
    assert record["generation"]["relative_error"] > 1.0
    assert record["target"]["dominant_frequency_hz"] == pytest.approx(440, rel=1e-3)
    assert record["generation"]["dominant_frequency_hz"] == pytest.approx(430, rel=1e-3)
    assert record["generation"]["last_half_level_db"] == pytest.approx(-6.02, abs=0.05)
    assert record["generation"]["peak_share_percent"] > 99


def test_what_is_measured_on_all_states_is_said_of_every_seed_and_of_the_chosen_one_among_its_sounds() -> None:
    def state(percent: float, ratio: float) -> dict[str, Any]:
        return {"generation": {"sounding_states_percent": percent}, "prediction": {"boundary_error_ratio": ratio}}

    states = {"chosen_seed": 7, "seeds": {"3": state(50.0, 2.0), "7": state(100.0, 4.0)}}
    record = evaluate(tone(440), tone(440), tone(440), kind="tone", states=states)
    assert record["generation"]["sounding_states_percent"] == 100.0
    assert record["prediction"]["boundary_error_ratio"] == 4.0
    assert record["seeds"]["3"] == {"generation.sounding_states_percent": 50.0, "prediction.boundary_error_ratio": 2.0}


@pytest.mark.parametrize("kind", ["tone", "note"])
def test_only_rooms_have_acoustic_parameters(kind: str) -> None:
    target = decay()
    plain = evaluate(target, target, target, kind=kind)
    room = evaluate(target, target, target, kind="room")
    assert room["kind"] == "room"
    assert "t30_s" not in plain["target"]
    assert "t30_s" not in plain["generation"]
    assert "t30_s" not in room["prediction"]
    errors = {"mse", "relative_error", "effective_length_samples", "log_spectral_distance_db"}
    assert all(plain["generation"][name] == room["generation"][name] for name in errors)
    assert "dominant_frequency_hz" not in room["generation"]


def test_a_rooms_parameters_are_those_of_target_and_generation_each() -> None:
    record = evaluate(decay(0.4), decay(0.4), decay(0.2), kind="room")
    assert record["target"]["t30_s"] == pytest.approx(0.4, rel=0.05)
    assert record["generation"]["t30_s"] == pytest.approx(0.2, rel=0.05)


def test_a_floor_of_the_generation_is_noise_only_if_the_target_has_one() -> None:
    noise = 10 ** (-50 / 20) * np.random.default_rng(2).standard_normal(len(decay()))
    clean, noisy = decay(), decay() + noise
    both = evaluate(noisy, noisy, noisy, kind="room")
    assert both["target"]["noise_floor_db"] == both["generation"]["noise_floor_db"] == pytest.approx(-50, abs=3)
    assert both["generation"]["t30_s"] == pytest.approx(0.4, rel=0.05)
    one = evaluate(clean, clean, clean + 10 * noise, kind="room")
    assert one["target"]["noise_floor_db"] is one["generation"]["noise_floor_db"] is one["generation"]["t30_s"] is None


def test_a_generated_room_is_compared_with_the_targets() -> None:
    same = evaluate(decay(0.4), decay(0.4), decay(0.4), kind="room")["generation"]
    shorter = evaluate(decay(0.4), decay(0.4), decay(0.2), kind="room")["generation"]
    assert (same["t30_difference_percent"], same["edt_difference_percent"], same["c50_difference_db"]) == (0, 0, 0)
    assert all(same[f"{name}_within_jnd"] is True for name in ("t30", "edt", "c50"))
    assert shorter["t30_difference_percent"] == pytest.approx(-50, abs=3)
    assert shorter["c50_difference_db"] > 1
    assert not any(shorter[f"{name}_within_jnd"] for name in ("t30", "edt", "c50"))


def test_the_record_can_be_written_as_json() -> None:
    target = decay().astype(np.float32)
    record = evaluate(target, 0.9 * target, 0.8 * target, kind="room")
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["rate_hz"] == RATE_HZ


def test_a_reconstruction_is_compared_with_the_samples_before_its_anchor_but_the_seed() -> None:
    signal = np.arange(20.0)
    reconstruction = np.array([99.0, 9.0, 10.0, 12.0])  # of samples 7 to 10, the first of which is the seed
    record = evaluate_reconstruction(signal, reconstruction, anchor=11, evaluated=[4, 20])
    assert record == {
        "first_sample": 7,
        "segment_samples": 4,
        "mse": pytest.approx((1 + 1 + 4) / 3),
        "power": pytest.approx((64 + 81 + 100) / 3),
        "evaluated_power": pytest.approx(((1 + 4 + 9) / 3 + (17**2 + 18**2 + 19**2) / 3) / 2),
    }
