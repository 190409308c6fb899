"""From a resolved configuration, a mapping, to the objects that train."""

from typing import Any

import torch

from rnn_audio.models import ModelShape
from rnn_audio.signal_data import SignalData
from rnn_audio.teacher_forcing import TeacherForcing
from rnn_audio.training import Method


def build_shape(settings: dict[str, Any]) -> ModelShape:
    """The model of a resolved configuration."""
    return ModelShape(hidden_size=settings["hidden_size"], skip=settings.get("skip", False))


def build_method(settings: dict[str, Any]) -> Method:
    """The training method of a resolved configuration."""
    return Method(
        teacher_forcing=TeacherForcing.from_settings(settings["teacher_forcing"]),
        update_length=settings["update_length_samples"],
        carry_state=settings["carry_state"],
        learning_rate=settings["learning_rate"],
        gradient_clip_norm=settings["gradient_clip_norm"],
    )


def build_data(settings: dict[str, Any], signal: torch.Tensor, models: int) -> SignalData:
    """The training data of a resolved configuration; `signal` is on the device that trains."""
    return SignalData(
        signal=signal,
        models=models,
        batch_size=settings["batch_size"],
        hidden_size=settings["hidden_size"],
        silent_seed=settings["teacher_forcing"] == "never",
        state_scale=settings["initial_state_scale"],
    )
