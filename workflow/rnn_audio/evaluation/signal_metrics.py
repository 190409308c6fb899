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
        kind: `room` adds the acoustic parameters of ISO 3382 to target and generation, and to the latter their
            differences from the target's.
        seeded: whether the first sample of the sounds is that of the target, which then counts in no error.

    Returns:
        A record with the entries `kind`, `rate_hz`, `zero_loss`, `target`, `prediction` and `generation`; the keys
        contain the units.
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
    """Metrics of a reconstruction, shape [L], of a segment of the signal, [N].

    Args:
        anchor: number of samples of the signal up to the end of the segment.
        evaluated: the anchors of the segments on which the auxiliary loss was evaluated.

    Returns:
        A record with the position, error and power of the segment, and `evaluated_power`, the mean power of the
        evaluated segments, which is the auxiliary loss of predicting zero. The first sample of a segment, the seed,
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
