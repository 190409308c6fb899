"""What training and measuring leave of one configuration of a signal, made up, and tables built of it."""

from typing import Any

from rnn_audio.reporting.tables.kinds import build_table

LOSSES = [5.1e-3, 5.6e-3, 4.9e-3, 6.3e-3, 5.0e-3]


def quartiles(seed: int) -> dict[str, float]:
    """Quartiles of the prediction's error over the initial states."""
    shares = {"lower_quartile": 2e-3, "median": 3e-3, "upper_quartile": 8e-3}
    return {
        f"{loss}_mse_{name}": seed * value for loss in ("prediction", "generation") for name, value in shares.items()
    }


def selection(losses: list[float | None] = LOSSES, chosen: int = 3) -> dict[str, Any]:
    seeds = {
        str(seed): {
            "losses": {"prediction_mse": loss, "generation_mse": 2e-3 * seed, **quartiles(seed)},
            "wall_time_s": 10.0 * seed,
            "peak_memory_mib": 410.0,
            "accelerator": "cpu",
        }
        for seed, loss in enumerate(losses, start=1)
    }
    zero = {"prediction_mse": 5.7e-3, "generation_mse": 5.7e-3, "auxiliary_mse": 4e-3}
    shared = {"configuration": "room", "parameters": 16961, "samples": 512, "zero_loss": zero}
    shared["linear_prediction_mse"] = {"8": 0.66 * 5.7e-3, "32": 0.5 * 5.7e-3}
    return shared | {"rule": "prediction_mse", "chosen_seed": chosen, "seeds": seeds}


def metrics(kind: str = "room") -> dict[str, Any]:
    target: dict[str, Any] = {"power": 5.7e-3, "samples": 512}
    generation: dict[str, Any] = {
        "mse": 6e-3,
        "relative_error": 1.05,
        "effective_length_samples": 128,
        "effective_length_s": 0.125,
        "log_spectral_distance_db": 9.1,
    }
    if kind == "room":
        target |= {"t30_s": 0.41, "edt_s": 0.4, "c50_db": 5.2, "t30_nonlinearity_permille": 3.1}
        generation |= {"t30_s": None, "edt_s": 0.1, "c50_db": -3.0, "t30_nonlinearity_permille": None}
        generation |= {"t30_difference_percent": None, "edt_difference_percent": -75.0, "c50_difference_db": -8.2}
        generation |= {"t30_within_jnd": False, "edt_within_jnd": False, "c50_within_jnd": False}
    return {
        "configuration": "room",
        "signal": "impulse_response",
        "kind": kind,
        "rate_hz": 1024,
        "chosen_seed": 3,
        "target": target,
        "prediction": {"mse": 5.1e-3, "relative_error": 0.89},
        "generation": generation,
    }


def build(declaration: dict[str, Any], **results: dict[str, Any]) -> Any:  # noqa: ANN401
    given = {"selections": selection(), "metrics": metrics(), **results}
    return build_table("table_1", declaration, {what: {"room": record} for what, record in given.items()}, ["A note."])
