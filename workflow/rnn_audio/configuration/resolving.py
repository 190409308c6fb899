"""A configuration's settings as its jobs get them: epochs scaled, `full` update lengths as None."""

from rnn_audio.types import Settings


def resolve(settings: Settings, epochs_factor: float) -> Settings:
    """Scale the epochs of a configuration that has been merged with its preset, and what depends on them."""
    update_length = settings["update_length_samples"]
    if "auxiliary" in settings:
        pretraining_epochs = _scale_epochs(settings["auxiliary"]["pretraining_epochs"], epochs_factor)
        settings = settings | {"auxiliary": settings["auxiliary"] | {"pretraining_epochs": pretraining_epochs}}
    epochs = 0 if "model" in settings else settings["epochs"]  # a published model is not trained
    return settings | {
        "epochs": _scale_epochs(epochs, epochs_factor),
        "update_length_samples": None if update_length == "full" else update_length,
        "teacher_forcing": _scale_schedule(settings["teacher_forcing"], epochs_factor),
    }


def _scale_epochs(epochs: int, factor: float) -> int:
    """Scaled and rounded, at least 1; 0 stays 0."""
    return max(1, round(epochs * factor)) if epochs > 0 else 0


def _scale_schedule(schedule: str | Settings, epochs_factor: float) -> str | Settings:
    """The same decrease of teacher forcing, stretched or shortened to the scaled number of epochs."""
    if isinstance(schedule, str) or epochs_factor == 1:
        return schedule
    scaled = dict(schedule)
    if "slope_per_epoch" in scaled:
        scaled["slope_per_epoch"] /= epochs_factor
    if "base" in scaled:
        scaled["base"] **= 1 / epochs_factor
    if "k_epochs" in scaled:
        scaled["k_epochs"] = max(1.0, scaled["k_epochs"] * epochs_factor)
    return scaled
