"""What the benchmark's records say, for its tables and its figure.

It imports nothing of this library, so that an edit of what is timed redraws no other figure.
"""

from collections.abc import Mapping, Sequence
from typing import Any

OURS = "ours"
REFERENCE = "reference"

Records = Sequence[Mapping[str, Any]]


def speeds_over_reference(records: Records) -> list[float]:
    """Each record's samples of all models a second, over those of the reference of its method and hidden size."""
    references = {_group(record): record["models_samples_per_s"] for record in records if record["recipe"] == REFERENCE}
    return [record["models_samples_per_s"] / references[_group(record)] for record in records]


def _group(record: Mapping[str, Any]) -> tuple[str, int]:
    return record["method"], record["hidden_size"]
