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
from rnn_audio.signals.acoustics import compare_rooms, room_parameters
from rnn_audio.types import Samples


def evaluate_sounds(
    target: Samples, *, prediction: Samples, generation: Samples, rate_hz: int, kind: str, seeded: bool
) -> dict[str, Any]:
    """Metrics of a prediction and a generation, all of shape [N].

    Args:
        kind: `room` adds the acoustic parameters of ISO 3382 to target and generation, and to the latter how far
            they are from the target's.
        seeded: whether the sounds open with the target's own first sample, which then counts in no error.

    Returns:
        A record with the entries `kind`, `rate_hz`, `target`, `prediction` and `generation`, units in the keys.
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
        rooms = [room_parameters(response, rate_hz).as_dict() for response in (target, generation)]
        record["target"] |= rooms[0]
        record["generation"] |= rooms[1] | compare_rooms(*rooms)
    return record


def evaluate_reconstruction(
    signal: Samples, reconstruction: Samples, *, anchor: int, evaluated: Sequence[int]
) -> dict[str, Any]:
    """Metrics of a reconstructed segment, shape [L], beside the segment of the signal, [N], that it should equal.

    Args:
        anchor: samples of the signal before the end of the segment.
        evaluated: likewise for the segments that the auxiliary loss was evaluated on.

    Returns:
        A record with the place, error and power of the segment, and `evaluated_power`, the mean power of the others:
        what the auxiliary loss of predicting zero is. A segment's first sample is the seed and counts in none of them.
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
