"""What the benchmark's records say, for its tables and its figure.

It imports nothing of this library, so that an edit of what is timed redraws no other figure.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

OURS = "ours"
REFERENCE = "reference"

Records = Sequence[Mapping[str, Any]]


def speeds_over_reference(records: Records) -> list[float]:
    """Each record's samples of all models a second, over those of the reference of its method and hidden size.

    The median of the rounds' own ratios: a neighbour that slows the machine for a while slows both epochs of a round.
    """
    references = {_group(record): _speeds(record) for record in records if record["recipe"] == REFERENCE}
    return [
        statistics.median(
            own / reference for own, reference in zip(_speeds(record), references[_group(record)], strict=True)
        )
        for record in records
    ]


def _speeds(record: Mapping[str, Any]) -> list[float]:
    """Samples of all models a second, round by round."""
    return [record["models_samples_per_s"] * record["seconds"] / epoch_s for epoch_s in record["epochs_s"]]


def _group(record: Mapping[str, Any]) -> tuple[str, int]:
    return record["method"], record["hidden_size"]
