"""From a resolved configuration, a mapping, to the objects that train."""

from typing import Any

import torch

from rnn_audio.configuration.settings import starts_from_silence
from rnn_audio.losses.generation_loss import DecayTerm, SpectralTerm
from rnn_audio.networks.auxiliary_shape import AuxiliaryShape
from rnn_audio.networks.model import ModelShape
from rnn_audio.training.auxiliary_loss import AuxiliaryLoss
from rnn_audio.training.data import SignalData
from rnn_audio.training.free_running_method import FreeRunningMethod, Recovery
from rnn_audio.training.horizon import Horizon
from rnn_audio.training.teacher_forcing import TeacherForcing
from rnn_audio.training.trainer import Method


def build_shape(settings: dict[str, Any]) -> ModelShape:
    """The model of a resolved configuration."""
    return ModelShape(
        hidden_size=settings["hidden_size"],
        skip=settings.get("skip", False),
        initial_state=settings.get("free_running", {}).get("initial_state", "random") != "random",
        auxiliary=_build_auxiliary_shape(settings["auxiliary"]) if "auxiliary" in settings else None,
    )


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
    """The training data of a resolved configuration; `signal` is on the accelerator that trains."""
    return SignalData(
        signal=signal,
        models=models,
        batch_size=settings["batch_size"],
        hidden_size=settings["hidden_size"],
        silent_seed=starts_from_silence(settings),
        state_scale=settings["initial_state_scale"],
    )


def build_free_running(settings: dict[str, Any]) -> FreeRunningMethod | None:
    """The free-running method of a resolved configuration; None where it is trained otherwise."""
    if "free_running" not in settings:
        return None
    own = settings["free_running"]
    spectrum = own["spectral_loss"]
    return FreeRunningMethod(
        optimiser=own["optimiser"],
        learning_rate=settings["learning_rate"],
        learning_rate_shape=own["learning_rate_shape"],
        fall_from_share=own.get("fall_from_share", 0.0),
        warm_up_share=own["warm_up_share"],
        gradient_clip_norm=settings["gradient_clip_norm"],
        initial_state=own["initial_state"],
        forget_bias=own["forget_bias"],
        horizon=None if own["horizon"] == "full" else Horizon(**own["horizon"]),
        recovery=None if own["recovery"] is None else Recovery(**own["recovery"]),
        decay=None if own["decay_loss"] is None else DecayTerm(**own["decay_loss"]),
        spectrum=None if spectrum is None else SpectralTerm(spectrum["weight"], tuple(spectrum["window_samples"])),
    )


def build_auxiliary_loss(settings: dict[str, Any]) -> AuxiliaryLoss | None:
    """The auxiliary loss of a resolved configuration; None where it has none."""
    if "auxiliary" not in settings:
        return None
    own = settings["auxiliary"]
    reach = own["gradient_into_main"]
    return AuxiliaryLoss(
        shape=_build_auxiliary_shape(own),
        anchors=own["anchors"],
        segment_samples=own["segment_samples"],
        feed=own["feed"],
        gradient_reach={"full": None, "none": 0}.get(reach, reach),
        normalise=own["normalise"],
        pretraining_epochs=own["pretraining_epochs"],
    )


def _build_auxiliary_shape(own: dict[str, Any]) -> AuxiliaryShape:
    return AuxiliaryShape(
        hidden_size=own["hidden_size"],
        first_state=own["first_state"],
        second_state=own["second_state"],
        cell_state=own["cell_state"],
    )
