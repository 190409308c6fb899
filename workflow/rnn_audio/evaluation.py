"""All metrics of one model's sounds against their target."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnn_audio.acoustics import room_parameters
from rnn_audio.signal_metrics import (
    effective_length,
    log_spectral_distance,
    mean_squared_error,
    relative_error,
    signal_power,
)

Samples = NDArray[np.floating]


def evaluate_sounds(
    target: Samples, *, prediction: Samples, generation: Samples, rate_hz: int, kind: str, seeded: bool
) -> dict[str, Any]:
    """Metrics of a prediction and a generation, all of shape [N].

    Args:
        kind: `room` adds the acoustic parameters of ISO 3382 to target and generation.
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
        record["target"] |= room_parameters(target, rate_hz).as_dict()
        record["generation"] |= room_parameters(generation, rate_hz).as_dict()
    return record


def _errors(output: Samples, target: Samples) -> dict[str, float]:
    return {"mse": mean_squared_error(output, target), "relative_error": relative_error(output, target)}
