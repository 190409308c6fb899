"""Folders that tests read."""

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
# Recordings that can be placed next to a checkout and are not part of it; tests that need them skip without them.
RECORDINGS = REPOSITORY.parent / "shared" / "data"
RECORDED_GUITAR = RECORDINGS / "guitar-di.wav"
