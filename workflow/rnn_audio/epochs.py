"""How many epochs a training has in all, and the phases that they belong to."""

from typing import Any

PRETRAINING, JOINT = 0, 1
"""The phases of a training with an auxiliary loss, as its history names them."""


def total_epochs(settings: dict[str, Any]) -> int:
    """Epochs of a resolved configuration, those of its pre-training included (paper A, section IV-C2)."""
    return settings.get("auxiliary", {}).get("pretraining_epochs", 0) + settings["epochs"]
