"""Whether a configuration's auxiliary loss fits the rest of it (paper A, sections IV-C2 and V-D)."""

from collections.abc import Mapping
from typing import Any

from rnn_audio.errors import InputError
from rnn_audio.signal_length import signal_samples


def check_auxiliary(where: str, settings: Mapping[str, Any], signal: Mapping[str, Any]) -> None:
    """Check what the schema cannot: the method around the auxiliary loss, and the length of its segments.

    Args:
        where: what to call the configuration in a message, such as `configurations.room_5512_auxiliary`.
        settings: its settings, merged with its preset; `full` update lengths are still called so.
        signal: the declaration of the signal that it learns.

    Raises:
        InputError: naming the key and what to do.
    """
    if settings["teacher_forcing"] != "always":
        raise InputError(
            f"{where}.teacher_forcing: the auxiliary loss needs the true signal before each anchor; "
            "set 'teacher_forcing: always', or remove 'auxiliary'"
        )
    if settings["update_length_samples"] != "full":
        raise InputError(
            f"{where}.update_length_samples: the auxiliary loss reaches back over the whole sequence; "
            "set 'update_length_samples: full', or remove 'auxiliary'"
        )
    fed = signal_samples(signal, settings["rate_hz"]) - 1  # the last sample is a target only
    segment = settings["auxiliary"]["segment_samples"]
    if segment > fed:
        raise InputError(
            f"{where}.auxiliary.segment_samples: a segment of {segment} samples does not fit before any anchor: "
            f"signal '{settings['signal']}' feeds {fed} samples at {settings['rate_hz']} Hz; choose fewer"
        )


def require_auxiliary(where: str, entry: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Refuse a table's row or a figure's panel that shows a reconstruction of a configuration that makes none.

    Args:
        where: the entry's place, for the message.
        entry: the row or panel.
        settings: its configuration's.

    Raises:
        InputError: naming the entry and its configuration.
    """
    wanted = entry.get("shows", entry.get("quantity", "")).partition(".")[0]
    if wanted in ("reconstruction", "auxiliary_mse") and "auxiliary" not in settings:
        raise InputError(
            f"{where}: '{entry['configuration']}' has no auxiliary network, which '{wanted}' is of; "
            "choose a configuration with 'auxiliary'"
        )
