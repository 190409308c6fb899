"""The table of training times: milliseconds, the filter's overhead, and on which machine."""

from typing import Any

import pytest

from rnn_audio.reporting.tables.cells import Format
from rnn_audio.reporting.tables.rendering import render_markdown
from rnn_audio.reporting.tables.time_tables import build_training_time_table

DECLARATION = {
    "caption": "Time of an update",
    "labels": {"size": "Hidden size", "filter": "Filter"},
    "rows": [
        {"labels": {"size": 32, "filter": "A-weighting"}},
        {"labels": {"size": 64, "filter": "A-weighting"}},
        {"labels": {"size": 64, "filter": "highpass"}},
    ],
}


def record(own_s: float, none_s: float, accelerator: str = "a processor") -> dict[str, Any]:
    return {"own_update_s": own_s, "none_update_s": none_s, "updates": 30, "accelerator_name": accelerator}


RECORDS = [record(0.055, 0.05), record(0.1, 0.1), record(0.19, 0.2)]


def test_a_row_is_its_labels_both_times_and_the_overhead() -> None:
    frame = build_training_time_table("times", DECLARATION, RECORDS).frame
    assert frame["size"].tolist() == [32, 64, 64]
    assert frame["filter"].tolist() == ["A-weighting", "A-weighting", "highpass"]
    assert frame["own_update_ms"].tolist() == pytest.approx([55, 100, 190])
    assert frame["none_update_ms"].tolist() == pytest.approx([50, 100, 200])
    # 10 % dearer, as dear, 5 % cheaper.
    assert frame["overhead"].tolist() == pytest.approx([0.1, 0.0, -0.05])
    assert frame["updates"].tolist() == [30, 30, 30]


def test_columns_are_the_labels_then_the_numbers() -> None:
    table = build_training_time_table("times", DECLARATION, RECORDS)
    assert (table.name, table.caption) == ("times", "Time of an update")
    assert [column.header for column in table.columns[:2]] == ["Hidden size", "Filter"]
    assert [column.key for column in table.columns[2:]] == ["none_update_ms", "own_update_ms", "overhead"]
    assert table.columns[-1].format is Format.PERCENT
    assert all(column.key in table.frame for column in table.columns)


def test_each_machine_is_named_once_and_own_notes_come_last() -> None:
    records = [record(1, 1, "processor A"), record(1, 1, "card B"), record(1, 1, "processor A")]
    notes = build_training_time_table("times", DECLARATION, records, ["A note.", "Another."]).notes
    assert "Measured on processor A, card B." in notes
    assert list(notes[-2:]) == ["A note.", "Another."]
    assert any("noise" in note for note in notes[:-2])


def test_it_is_rendered_with_per_cent_and_milliseconds() -> None:
    lines = render_markdown(build_training_time_table("times", DECLARATION, RECORDS)).splitlines()
    (row,) = [line for line in lines if "32" in line and "A-weighting" in line]
    assert [cell.strip() for cell in row.strip("|").split("|")] == ["32", "A-weighting", "50.0", "55.0", "10.0"]


def test_a_row_without_a_record_is_a_bug() -> None:
    with pytest.raises(ValueError, match="zip"):
        build_training_time_table("times", DECLARATION, RECORDS[:2])
