"""What listeners are told, in all ways of holding a test (BS.1534-3, section 5.4 and attachment 1)."""

from collections.abc import Mapping, Sequence
from typing import Any

from rnn_audio.listening.warnings import short_clips

_NOT_REAL = "Not for a real test:"

LABELS = ("Excellent", "Good", "Fair", "Poor", "Bad")
"""The fifths of the scale, from 100 down."""


def instructions(test: Mapping[str, Any], *, slider_starts_at_top: bool = False) -> list[str]:
    """Paragraphs of plain text.

    Args:
        test: the test's entry of the configuration.
        slider_starts_at_top: whether an untouched slider counts as 100, as in webMUSHRA.
    """
    lines = [
        "Use headphones or loudspeakers, not both, in a quiet room. Set the volume once, before the test.",
        f"In each trial, compare the sounds with the reference. {test['question']} Judge nothing else.",
        "One of the sounds is the reference itself, hidden: at least one sound has to get 100. None has to be called "
        "bad.",
        "Listen to every sound, as often as you like, and set the slider of each while it plays.",
    ]
    if slider_starts_at_top:
        lines.append("A slider that is not moved counts as 100.")
    return [*lines, "A training comes first. Its scores are not used."]


def not_real(notes: Sequence[str], clips: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why a test decides nothing: the scale of the run, and clips that are too short; empty for a real one."""
    return [f"{_NOT_REAL} {note}" for note in [*notes, *short_clips(clips)]]
