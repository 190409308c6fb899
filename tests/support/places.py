"""Folders that tests read."""

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
# Recordings that may lie beside a checkout and belong in none; tests on them skip where they are missing.
RECORDINGS = REPOSITORY.parent / "shared" / "data"
