"""The tables of times: of training, in milliseconds and with the filter's overhead; of running, next to the paper's."""

from typing import Any

import pytest

from rnn_audio.errors import InputError
from rnn_audio.reporting.tables.cells import Format
from rnn_audio.reporting.tables.kinds import build_table
from rnn_audio.reporting.tables.rendering import Table, render_markdown

LABELS = [
    {"size": 32, "filter": "A-weighting"},
    {"size": 64, "filter": "A-weighting"},
    {"size": 64, "filter": "highpass"},
]
DECLARATION = {
    "kind": "training_time",
    "caption": "Time of an update",
    "labels": {"size": "Hidden size", "filter": "Filter"},
    "rows": [{"configuration": f"amplifier_{index}", "labels": labels} for index, labels in enumerate(LABELS)],
}


def record(own_s: float, none_s: float, accelerator: str = "a processor") -> dict[str, Any]:
    return {"own_update_s": own_s, "none_update_s": none_s, "updates": 30, "accelerator_name": accelerator}


RECORDS = [record(0.055, 0.05), record(0.1, 0.1), record(0.19, 0.2)]


def build(records: list[dict[str, Any]] = RECORDS, *notes: str) -> Table:
    times = {f"amplifier_{index}": measured for index, measured in enumerate(records)}
    return build_table("times", DECLARATION, {"training_times": times}, notes)


def test_a_row_is_its_labels_both_times_and_the_overhead() -> None:
    frame = build().frame
    assert frame["size"].tolist() == [32, 64, 64]
    assert frame["filter"].tolist() == ["A-weighting", "A-weighting", "highpass"]
    assert frame["own_update_ms"].tolist() == pytest.approx([55, 100, 190])
    assert frame["none_update_ms"].tolist() == pytest.approx([50, 100, 200])
    # 10 % dearer, as dear, 5 % cheaper.
    assert frame["overhead"].tolist() == pytest.approx([0.1, 0.0, -0.05])
    assert frame["updates"].tolist() == [30, 30, 30]


def test_columns_are_the_labels_then_the_numbers() -> None:
    table = build()
    assert (table.name, table.caption) == ("times", "Time of an update")
    assert [column.header for column in table.columns[:2]] == ["Hidden size", "Filter"]
    assert [column.key for column in table.columns[2:]] == ["none_update_ms", "own_update_ms", "overhead"]
    assert table.columns[-1].format is Format.PERCENT
    assert all(column.key in table.frame for column in table.columns)


def test_each_machine_is_named_once_and_own_notes_come_last() -> None:
    records = [record(1, 1, "processor A"), record(1, 1, "card B"), record(1, 1, "processor A")]
    notes = build(records, "A note.", "Another.").notes
    assert "Measured on processor A, card B." in notes
    assert list(notes[-2:]) == ["A note.", "Another."]
    assert any("noise" in note for note in notes[:-2])


def test_it_is_rendered_with_per_cent_and_milliseconds() -> None:
    lines = render_markdown(build()).splitlines()
    (row,) = [line for line in lines if "32" in line and "A-weighting" in line]
    assert [cell.strip() for cell in row.strip("|").split("|")] == ["32", "A-weighting", "50.0", "55.0", "10.0"]


def test_a_row_without_a_record_is_named() -> None:
    with pytest.raises(InputError, match=r"table times, row 3 \(amplifier_2\).*no training_times"):
        build(RECORDS[:2])


def test_the_running_speed_stands_next_to_the_papers_with_both_machines_named() -> None:
    published = {32: {"published": {"value": 0.12}}, 48: {}}
    declaration = {
        "kind": "running_speed",
        "caption": "Running speed",
        "labels": {"hidden_size": "Hidden size"},
        "rows": [
            {"configuration": f"amplifier_{size}", "labels": {"hidden_size": size}, **stated}
            for size, stated in published.items()
        ],
    }
    hows = ("compiled, sample by sample", "PyTorch's LSTM, blocks of 512")
    measured = {
        "accelerator_name": "an abacus",
        "speeds": [{"how": how, "seconds_per_second": 0.1} for how in hows],
    }
    records = {f"amplifier_{size}": measured for size in published}
    table = build_table("speed", declaration, {"running_speeds": records}, ())
    assert table.frame["how"].tolist() == [*hows, *hows]
    assert table.frame["hidden_size"].tolist() == [32, 32, 48, 48]
    assert table.frame.loc[0, "paper_seconds_per_second"] == 0.12
    assert table.frame["paper_seconds_per_second"].isna().tolist() == [False, False, True, True]
    assert any("an abacus" in note for note in table.notes)
    assert any("2.8 GHz Intel Core i5" in note for note in table.notes)
    assert "| 32 | compiled, sample by sample | 0.100 | 0.120 |" in render_markdown(table)
