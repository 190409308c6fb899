"""The table of a convolution: the difference between a dry sound in generated rooms and in the target room."""

from collections.abc import Sequence

from rnn_audio.reporting.tables.cells import Cell, Format
from rnn_audio.reporting.tables.parts import Built
from rnn_audio.reporting.tables.rendering import Column
from rnn_audio.reporting.tables.rows import Row

_COLUMNS = (
    Column("rate_hz", "Rate\n(Hz)", Format.INTEGER),
    Column("relative_error_percent", "MSE / power of\nthe target's (%)"),
    Column("log_spectral_distance_db", "LSD\n(dB)"),
)
_NOTES = (
    "Compared: the dry sound through the chosen model's generation, with the same through the target.",
    "MSE / power: 0 is alike, 100 is as far as silence. LSD: log-spectral distance.",
)


def convolutions(rows: Sequence[Row]) -> Built:
    """The numbers of `convolved_sounds.compare_convolved`, one row per configuration."""
    return Built([_record(row) for row in rows], _COLUMNS, _NOTES)


def _record(row: Row) -> dict[str, Cell]:
    compared = row.results["convolutions"]
    return {
        "rate_hz": compared["rate_hz"],
        "relative_error_percent": 100 * compared["relative_error"],
        "log_spectral_distance_db": compared["log_spectral_distance_db"],
    }
