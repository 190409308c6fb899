"""What a generation starts from."""

from typing import Any


def starts_from_silence(settings: dict[str, Any]) -> bool:
    """Whether a resolved configuration starts its network from a sample of 0 (paper A, section V-A).

    The network must then produce the whole signal. All others are given the signal's first sample and produce the
    samples behind it (section V-E).
    """
    return settings["teacher_forcing"] == "never" and "free_running" not in settings
