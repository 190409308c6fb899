"""What listeners are told, in all ways of holding a test (BS.1534-3, section 5.4 and attachment 1)."""

from collections.abc import Mapping
from typing import Any

LABELS = ("Excellent", "Good", "Fair", "Poor", "Bad")
"""The fifths of the scale, from 100 down."""


def instructions(test: Mapping[str, Any], *, slider_starts_at_top: bool = False) -> list[str]:
    """Paragraphs of plain text.

    Args:
        test: the test's entry of the configuration.
        slider_starts_at_top: whether an untouched slider counts as 100, as in webMUSHRA.
    """
    lines = [
        "Use headphones, in a quiet room. Set the volume once, before the test, and leave it.",
        f"In each trial, compare the sounds with the reference. {test['question']} Judge nothing else.",
        "One of the sounds is the reference itself, hidden: at least one sound has to get 100. None has to be called "
        "bad.",
        "Listen to every sound, as often as you like, and set the slider of each while it plays.",
    ]
    if slider_starts_at_top:
        lines.append("A slider that is not moved counts as 100.")
    return [*lines, "A training comes first. Its scores are not used."]
