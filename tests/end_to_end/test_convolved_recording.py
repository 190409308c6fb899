"""Recordings of a user's own, from the files to the report: a room that networks learn, and a dry sound in it."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from support.results import read_json, read_rows
from support.rooms import DRY_SAMPLES, RATE_HZ, ROOM_ONSET, ROOM_SAMPLES, SOUNDS, hall, rooms_config, write_recordings
from support.workspace import Workspace

NAMES = ("full", "chopped")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The rooms, all made, and their report. Tests only read in it."""
    made = Workspace.create(tmp_path_factory.mktemp("rooms") / "workspace", rooms_config())
    write_recordings(made)
    made.make()
    made.make("--report", "report.html")
    return made


def read(path: Path) -> tuple[np.ndarray, int]:
    return soundfile.read(path, dtype="float64")


def test_one_channel_of_the_recording_is_taken_from_its_onset(workspace: Workspace) -> None:
    taken, rate_hz = soundfile.read(workspace.results / "signals/hall/source.wav", dtype="float32")
    assert rate_hz == RATE_HZ
    np.testing.assert_array_equal(taken, hall()[ROOM_ONSET : ROOM_ONSET + ROOM_SAMPLES, 1])


def test_tables_name_the_recording_in_every_form(workspace: Workspace) -> None:
    for suffix in ("md", "tex", "html"):
        text = (workspace.results / f"tables/generations.{suffix}").read_text(encoding="utf-8")
        assert "recording my hall.wav" in text
        assert "synthetic" not in text


@pytest.mark.parametrize("name", NAMES)
def test_sounds_are_the_dry_one_through_each_response_under_one_gain(workspace: Workspace, name: str) -> None:
    results = workspace.results
    dry, _ = read(results / f"signals/dry/{RATE_HZ}.wav")
    responses = [read(results / f"signals/hall/{RATE_HZ}.wav")[0], read(results / f"generations/{name}.wav")[0]]
    played = [np.convolve(dry, response) for response in responses]
    peaks = []
    for response, expected in zip(("target", "generation"), played, strict=True):
        sound, rate_hz = read(results / f"convolutions/claps/{name}-{response}.wav")
        assert rate_hz == 2 * RATE_HZ, "raised to a rate that can be played"
        assert sound.shape == (2 * (DRY_SAMPLES // 2 + ROOM_SAMPLES - 1),)
        gain = np.dot(sound[::2], expected) / np.dot(expected, expected)
        np.testing.assert_allclose(sound[::2], gain * expected, atol=2e-3)
        peaks.append((np.abs(sound).max(), gain))
    assert max(peak for peak, _ in peaks) == 1
    assert peaks[0][1] == pytest.approx(peaks[1][1], rel=1e-2)


def test_both_networks_were_played_in_the_same_room(workspace: Workspace) -> None:
    folder = workspace.results / "convolutions/claps"
    first, second = (read(folder / f"{name}-target.wav")[0] for name in NAMES)
    np.testing.assert_allclose(first / np.abs(first).max(), second / np.abs(second).max(), atol=1e-6)


def test_the_table_has_the_numbers_of_the_sounds(workspace: Workspace) -> None:
    rows = read_rows(workspace.results / "tables/claps.csv")
    assert [row["configuration"] for row in rows] == list(NAMES)
    for row in rows:
        record = read_json(workspace.results / f"convolutions/claps/{row['configuration']}.json")
        assert float(row["relative_error_percent"]) == pytest.approx(100 * record["relative_error"])
        assert float(row["log_spectral_distance_db"]) == pytest.approx(record["log_spectral_distance_db"])
        assert int(row["rate_hz"]) == RATE_HZ
    notes = (workspace.results / "tables/claps.md").read_text(encoding="utf-8")
    assert "recording dry.wav" in notes
    assert "recording my hall.wav" in notes


PARAMETERS = {"t30": "percent", "edt": "percent", "c50": "db"}


def test_generations_are_shown_with_size_and_room_parameters(workspace: Workspace) -> None:
    rows = read_rows(workspace.results / "tables/generations.csv")
    for row, name in zip(rows, NAMES, strict=True):
        run = read_json(workspace.results / f"models/{name}/seed-1/run.json")
        assert (int(row["parameters"]), int(row["samples"])) == (run["parameters"], ROOM_SAMPLES)
        differences = [row[f"{key}_difference_{unit}"] for key, unit in PARAMETERS.items()]
        assert bool(row["within_jnd"]) == all(differences)  # only where all three could be measured


def test_the_report_lists_every_sound(workspace: Workspace) -> None:
    report = (workspace.folder / "report.html").read_text(encoding="utf-8")
    assert "Claps in the hall" in report
    assert [sound for sound in SOUNDS if Path(sound).name not in report] == []
    assert report.count("data:audio/x-wav") == len(SOUNDS)
    assert "Decays of both" in report
