"""Values computed from the benchmark's records, for its tables and its figure.

This module imports nothing from this library, so that an edit of the timed code does not redraw other figures.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

OURS = "ours"
REFERENCE = "reference"

Records = Sequence[Mapping[str, Any]]


def speeds_over_reference(records: Records) -> list[float]:
    """Speed of each record (samples of all models per second) over that of the reference of its method and hidden size.

    The value is the median of the ratios of each round: another load on the machine slows both epochs of a round.
    """
    references = {_group(record): _speeds(record) for record in records if record["recipe"] == REFERENCE}
    return [
        statistics.median(
            own / reference for own, reference in zip(_speeds(record), references[_group(record)], strict=True)
        )
        for record in records
    ]


def _speeds(record: Mapping[str, Any]) -> list[float]:
    """Samples of all models per second, for each round."""
    return [record["models_samples_per_s"] * record["seconds"] / epoch_s for epoch_s in record["epochs_s"]]


def _group(record: Mapping[str, Any]) -> tuple[str, int]:
    return record["method"], record["hidden_size"]
