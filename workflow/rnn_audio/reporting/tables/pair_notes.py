"""What was found and corrected of a device's own recordings, as notes below each table and figure of its models."""

from collections.abc import Iterable
from pathlib import Path

from rnn_audio.records import read_json


def pair_notes(paths: Iterable[str | Path]) -> list[str]:
    """One note for each finding and correction, none for a pair that is in order.

    Args:
        paths: the records of `prepare_device`, `.../{device}/checks.json`.

    Raises:
        InputError: a record cannot be read.
    """
    notes = []
    for path in map(Path, paths):
        record = read_json(path)
        messages = [*(finding["message"] for finding in record["findings"]), *record["corrections"]]
        notes += [f"Recordings of {path.parent.name.replace('_', ' ')}: {message}." for message in messages]
    return notes
