"""Tables of times: how fast models run (paper B, section 5), and the cost of a filter in training (section 4.3)."""

from collections.abc import Iterable, Sequence

from rnn_audio.reporting.tables.cells import Cell, Format
from rnn_audio.reporting.tables.parts import Built
from rnn_audio.reporting.tables.rendering import Column
from rnn_audio.reporting.tables.rows import MISSING, Record, Row

_RUNNING_COLUMNS = (
    Column("how", "How", Format.TEXT),
    Column("seconds_per_second", "Computation\n(s per s)"),
    Column("paper_seconds_per_second", "Paper\n(s per s)"),
)
_TRAINING_COLUMNS = (
    Column("none_update_ms", "Update without filter (ms)"),
    Column("own_update_ms", "Update with filter (ms)"),
    Column("overhead", "Overhead (%)", Format.PERCENT),
)


def running_speed(rows: Sequence[Row]) -> Built:
    """Seconds of computation per second of audio, with one record per way of running a row's model."""
    measured = [(row, speed) for row in rows for speed in row.results["running_speeds"]["speeds"]]
    processor = _machines(row.results["running_speeds"] for row in rows)
    records = [
        {
            "how": speed["how"],
            "seconds_per_second": speed["seconds_per_second"],
            "paper_seconds_per_second": MISSING if row.published.value is None else row.published.value,
            "processor": processor,
        }
        for row, speed in measured
    ]
    notes = (
        "s per s: seconds of computation per second of audio; below 1 the model keeps up with what is played.",
        f"Ours: one thread of {processor}, best of a few repeats.",
        "Paper: a C++ implementation on an Apple iMac with a 2.8 GHz Intel Core i5. Another machine and another "
        "program, so the two columns do not compare either of them.",
    )
    return Built(records, _RUNNING_COLUMNS, notes, rows=tuple(row for row, _ in measured))


def training_time(rows: Sequence[Row]) -> Built:
    """Time of a training update with the configuration's own filter and without one."""
    notes = (
        "Both measured in turn in one run, one thread, on the same mini-batch: median of the repeats. A difference of "
        "a few per cent either way is noise.",
        f"Measured on {_machines(row.results['training_times'] for row in rows)}.",
    )
    return Built([_training_record(row) for row in rows], _TRAINING_COLUMNS, notes)


def _training_record(row: Row) -> dict[str, Cell]:
    times = row.results["training_times"]
    return {
        "none_update_ms": 1000 * times["none_update_s"],
        "own_update_ms": 1000 * times["own_update_s"],
        "overhead": times["own_update_s"] / times["none_update_s"] - 1,
        "updates": times["updates"],
        "accelerator_name": times["accelerator_name"],
    }


def _machines(records: Iterable[Record]) -> str:
    return ", ".join(dict.fromkeys(str(record["accelerator_name"]) for record in records))
