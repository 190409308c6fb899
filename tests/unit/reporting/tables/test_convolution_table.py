"""The table of a convolution: the numbers of its records, in its rows' order."""

from typing import Any

from rnn_audio.reporting.tables.kinds import build_table
from rnn_audio.reporting.tables.rendering import RENDERERS, Table

RECORDS: list[dict[str, Any]] = [
    {"configuration": "room_b", "rate_hz": 5512, "relative_error": 0.0123, "log_spectral_distance_db": 2.5},
    {"configuration": "room_a", "rate_hz": 1024, "relative_error": 1.0, "log_spectral_distance_db": 12.25},
]
NAMES = [record["configuration"] for record in RECORDS]
DECLARATION = {
    "kind": "convolutions",
    "caption": "Guitar in a room",
    "labels": {"configuration": "Configuration"},
    "rows": [{"configuration": name, "labels": {"configuration": name}} for name in NAMES],
}


def build(*notes: str) -> Table:
    return build_table("guitar", DECLARATION, {"convolutions": dict(zip(NAMES, RECORDS, strict=True))}, notes)


def test_each_record_is_a_row_with_its_error_in_per_cent() -> None:
    frame = build().frame
    assert frame.to_dict("records") == [
        {
            "configuration": "room_b",
            "rate_hz": 5512,
            "relative_error_percent": 1.23,
            "log_spectral_distance_db": 2.5,
        },
        {
            "configuration": "room_a",
            "rate_hz": 1024,
            "relative_error_percent": 100.0,
            "log_spectral_distance_db": 12.25,
        },
    ]


def test_given_notes_follow_the_tables_own() -> None:
    table = build("A note.")
    assert table.notes[-1] == "A note."
    assert any("log-spectral distance" in note for note in table.notes[:-1])


def test_every_form_shows_every_row() -> None:
    table = build()
    for suffix, render in RENDERERS.items():
        text = render(table).replace("\\", "")
        assert "room_a" in text and "room_b" in text, suffix
        assert "1.23" in text and "5512" in text, suffix
