"""What was found of a pair stands below the tables and figures of its models."""

from pathlib import Path

import pytest

from rnn_audio.errors import InputError
from rnn_audio.records import write_json
from rnn_audio.reporting.tables.pair_notes import pair_notes


def test_each_finding_and_correction_is_a_note_that_names_the_device(tmp_path: Path) -> None:
    found = [{"name": "clipping", "message": "out.wav clips: record it at a lower level"}]
    records = {"my_amp": (found, ["out.wav: 98 samples trimmed"]), "in_order": ([], [])}
    for device, (findings, corrections) in records.items():
        (tmp_path / device).mkdir()
        write_json(
            tmp_path / device / "checks.json", {"findings": findings, "corrections": corrections, "measured": []}
        )
    assert pair_notes(tmp_path / device / "checks.json" for device in records) == [
        "Recordings of my amp: out.wav clips: record it at a lower level.",
        "Recordings of my amp: out.wav: 98 samples trimmed.",
    ]


def test_a_record_that_is_cut_is_named(tmp_path: Path) -> None:
    (tmp_path / "checks.json").write_text("{")
    with pytest.raises(InputError, match=r"checks\.json: not a readable record"):
        pair_notes([tmp_path / "checks.json"])
