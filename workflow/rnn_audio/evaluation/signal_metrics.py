"""All metrics of one model's sounds against their target."""

from collections.abc import Sequence
from typing import Any

from rnn_audio.evaluation.distances import (
    effective_length,
    log_spectral_distance,
    mean_squared_error,
    relative_error,
    segments_power,
    signal_power,
)
from rnn_audio.evaluation.quantities import TONES
from rnn_audio.evaluation.tones import describe_tone, last_half_level_db
from rnn_audio.records import Record
from rnn_audio.signals.acoustics import compare_rooms, room_parameters
from rnn_audio.types import Samples

_OVER_STATES = {"generation": ("sounding_states_percent",), "prediction": ("boundary_error_ratio",)}
"""What is one number for all initial states of a model."""


def evaluate_sounds(
    target: Samples,
    *,
    prediction: Samples,
    generation: Samples,
    rate_hz: int,
    kind: str,
    seeded: bool,
    states: Record | None = None,
) -> dict[str, Any]:
    """Metrics of a prediction and a generation, all of shape [N].

    Args:
        kind: `room` adds the acoustic parameters of ISO 3382 to target and generation, and to the latter their
            differences from the target's; `tone` and `note` add pitch and level of the last half.
        seeded: whether the first sample of the sounds is that of the target, which then counts in no error.
        states: the chosen seed and, for each seed, the summaries of `summarise_states`.

    Returns:
        A record with the entries `kind`, `rate_hz`, `zero_loss`, `target`, `prediction` and `generation`; the keys
        contain the units. With `states` also `seeds`: for each seed what is measured on all its initial states, by the
        dotted names that the chosen seed's numbers have above.
    """
    first = 1 if seeded else 0
    length = effective_length(generation, target, rate_hz)
    record: dict[str, Any] = {
        "kind": kind,
        "rate_hz": rate_hz,
        "zero_loss": signal_power(target[first:]),
        "target": {"samples": len(target), "power": signal_power(target[first:])},
        "prediction": _errors(prediction[first:], target[first:]),
        "generation": {
            **_errors(generation[first:], target[first:]),
            "effective_length_samples": length,
            "effective_length_s": length / rate_hz,
            "log_spectral_distance_db": log_spectral_distance(generation, target, rate_hz),
        },
    }
    if kind == "room":
        room = room_parameters(target, rate_hz)
        may_be_noisy = room.noise_floor_db is not None
        generated = room_parameters(generation, rate_hz, may_be_noisy=may_be_noisy).as_dict()
        record["target"] |= room.as_dict()
        record["generation"] |= generated | compare_rooms(room.as_dict(), generated)
    if kind in TONES:
        half = len(target) // 2
        tones = [describe_tone(sound[half:], rate_hz) for sound in (target, generation)]
        for sound, tone in zip(("target", "generation"), tones, strict=True):
            record[sound] |= {
                "dominant_frequency_hz": tone.frequency_hz,
                "peak_share_percent": 100 * tone.peak_share,
            }
        record["generation"]["last_half_level_db"] = last_half_level_db(generation, target)
    return record if states is None else _with_states(record, states)


def _with_states(record: dict[str, Any], states: Record) -> dict[str, Any]:
    """Add what was measured on all initial states: of each seed, and of the chosen one among its sounds' numbers."""
    by_seed = {
        seed: {
            f"{sound}.{name}": summary[sound][name]
            for sound, names in _OVER_STATES.items()
            for name in names
            if name in summary[sound]
        }
        for seed, summary in states["seeds"].items()
    }
    for path, value in by_seed[str(states["chosen_seed"])].items():
        sound, _, name = path.partition(".")
        record[sound][name] = value
    return record | {"seeds": by_seed}


def evaluate_reconstruction(
    signal: Samples, reconstruction: Samples, *, anchor: int, evaluated: Sequence[int]
) -> dict[str, Any]:
    """Metrics of a reconstruction, shape [L], of a segment of the signal, [N].

    Args:
        anchor: number of samples of the signal up to the end of the segment.
        evaluated: the anchors of the segments on which the auxiliary loss was evaluated.

    Returns:
        A record with the position, error and power of the segment, and `evaluated_power`, the mean power of the
        evaluated segments, which is the auxiliary loss of an output of zeros. The first sample of a segment, the seed,
        does not count.
    """
    length = len(reconstruction)
    segment = signal[anchor - length + 1 : anchor]
    return {
        "first_sample": anchor - length,
        "segment_samples": length,
        "mse": mean_squared_error(reconstruction[1:], segment),
        "power": signal_power(segment),
        "evaluated_power": segments_power(signal, evaluated, length),
    }


def _errors(output: Samples, target: Samples) -> dict[str, float]:
    return {"mse": mean_squared_error(output, target), "relative_error": relative_error(output, target)}
