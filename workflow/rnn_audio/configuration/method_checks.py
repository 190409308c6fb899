"""Check that a training method, selected by the key with its settings, fits the rest of the configuration."""

from collections.abc import Mapping
from typing import Any

from rnn_audio.configuration.settings import signal_samples
from rnn_audio.errors import InputError
from rnn_audio.types import Settings

METHODS = ("auxiliary", "free_running")
"""The keys of a configuration that select a training method and hold its settings."""


def check_method(where: str, settings: Settings, config: Mapping[str, Any]) -> None:
    """Check the settings of the training method that a configuration selects, if any.

    Args:
        where: the configuration's name in messages, such as `configurations.room_5512_auxiliary`.
        settings: its settings, merged with its preset, which have passed the schema; an update length may still be
            `full`.
        config: the whole configuration, which declares the signals.

    Raises:
        InputError: naming the key, what is wrong and what to do.
    """
    _check_schedule(f"{where}.teacher_forcing", settings["teacher_forcing"])
    if "free_running" in settings:
        _check_free_running(where, settings, config["signals"][settings["signal"]])
    if "auxiliary" in settings:
        _check_auxiliary(where, settings, config["signals"][settings["signal"]])


def _check_schedule(where: str, schedule: str | Settings) -> None:
    if isinstance(schedule, Mapping) and schedule.get("minimum", 0) > schedule.get("start", 1):
        raise InputError(
            f"{where}.minimum: {schedule['minimum']} is above the start, {schedule['start']}, but the share of true "
            "samples falls; choose at most the start"
        )


def _check_free_running(where: str, settings: Settings, signal: Mapping[str, Any]) -> None:
    if "auxiliary" in settings:
        raise InputError(f"{where}: 'auxiliary' and 'free_running' exclude each other; remove one of them")
    for key, needed in (("teacher_forcing", "never"), ("update_length_samples", "full")):
        if settings[key] != needed:
            raise InputError(
                f"{where}.{key}: free-running training feeds the network its own output and backpropagates through "
                f"all of it; set '{key}: {needed}', or remove 'free_running'"
            )
    own = settings["free_running"]
    if own["initial_state"] != "random" and settings["batch_size"] != 1:
        raise InputError(
            f"{where}.batch_size: {settings['batch_size']} copies with the same initial state are identical; "
            "set 'batch_size: 1', or 'initial_state: random' in free_running"
        )
    if own.get("fall_from_share") and own["learning_rate_shape"] == "constant":
        raise InputError(
            f"{where}.free_running.fall_from_share: a constant learning rate does not fall; set "
            "'learning_rate_shape: cosine', or remove this key"
        )
    _check_decay_loss(f"{where}.free_running.decay_loss", own["decay_loss"] or {})
    spectral, samples = own["spectral_loss"] or {"weight": 0}, signal_samples(signal, settings["rate_hz"])
    if spectral["weight"] > 0 and max(spectral["window_samples"]) > samples:
        raise InputError(
            f"{where}.free_running.spectral_loss.window_samples: {max(spectral['window_samples'])} is more than the "
            f"{samples} samples of signal '{settings['signal']}' at {settings['rate_hz']} Hz, so the window would "
            "never count; choose shorter windows"
        )


def _check_decay_loss(where: str, settings: Settings) -> None:
    start = settings.get("start_weight")
    if start is not None and start > settings["weight"]:
        raise InputError(
            f"{where}.start_weight: {start} is above the weight, {settings['weight']}; choose less, as the weight rises"
        )


def _check_auxiliary(where: str, settings: Settings, signal: Mapping[str, Any]) -> None:
    if settings["teacher_forcing"] != "always":
        raise InputError(
            f"{where}.teacher_forcing: the auxiliary loss needs the true signal before each anchor; "
            "set 'teacher_forcing: always', or remove 'auxiliary'"
        )
    if settings["update_length_samples"] != "full":
        raise InputError(
            f"{where}.update_length_samples: the auxiliary loss is backpropagated through the whole sequence; "
            "set 'update_length_samples: full', or remove 'auxiliary'"
        )
    fed = signal_samples(signal, settings["rate_hz"]) - 1  # the last sample is a target only
    segment = settings["auxiliary"]["segment_samples"]
    if segment > fed:
        raise InputError(
            f"{where}.auxiliary.segment_samples: a segment of {segment} samples does not fit before any anchor: "
            f"signal '{settings['signal']}' feeds {fed} samples at {settings['rate_hz']} Hz; choose fewer"
        )


def check_starts(merged: Mapping[str, Settings]) -> None:
    """Check that the models that trainings start from exist and fit, and that no training depends on itself.

    Args:
        merged: all configurations, each merged with its preset.

    Raises:
        InputError: naming the configuration and what is wrong.
    """
    for name in merged:
        chain = [name]
        while (start := start_of(merged[chain[-1]])) is not None:
            where = f"configurations.{chain[-1]}.free_running.start_from"
            if start not in merged or "device" in merged[start]:
                raise InputError(f"{where}: there is no configuration '{start}' that learns a signal")
            if merged[start]["hidden_size"] != merged[chain[-1]]["hidden_size"]:
                raise InputError(
                    f"{where}: '{start}' has hidden size {merged[start]['hidden_size']}, this configuration "
                    f"{merged[chain[-1]]['hidden_size']}; make them equal"
                )
            if start in chain:
                raise InputError(f"{where}: {' starts from '.join([*chain, start])}: none of them could start")
            chain.append(start)


def start_of(settings: Settings) -> str | None:
    """The configuration whose model a training starts from; None if it starts from random weights."""
    return settings.get("free_running", {}).get("start_from")


def require_auxiliary(where: str, entry: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Refuse a row or panel that shows a reconstruction by a configuration without an auxiliary network.

    Args:
        where: the entry's place in the configuration, for the message.
        entry: the row or panel.
        settings: the settings of its configuration.

    Raises:
        InputError: naming the entry and its configuration.
    """
    wanted = entry.get("shows", entry.get("quantity", "")).partition(".")[0]
    if wanted in ("reconstruction", "auxiliary_mse") and "auxiliary" not in settings:
        raise InputError(
            f"{where}: '{entry['configuration']}' has no auxiliary network, but '{wanted}' needs one; "
            "choose a configuration with 'auxiliary'"
        )
