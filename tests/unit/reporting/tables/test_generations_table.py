"""The table of generations: each in relation to its target."""

from typing import Any

import pytest
from support.signal_results import build, metrics

from rnn_audio.reporting.tables.rendering import render_markdown


def generations_declaration() -> dict[str, Any]:
    rows = [{"configuration": "room", "labels": {"signal": "Room"}}]
    return {"caption": "Generations", "kind": "generations", "labels": {"signal": "Signal"}, "rows": rows}


def test_a_generation_is_set_in_relation_to_its_target() -> None:
    record = build(generations_declaration()).frame.to_dict("records")[0]
    assert record["generation_mse"] == 6e-3
    assert record["generation_power_percent"] == pytest.approx(105)
    assert record["effective_length_percent"] == 25
    assert record["log_spectral_distance_db"] == 9.1
    assert (record["target_edt_s"], record["generation_edt_s"]) == (0.4, 0.1)
    assert record["generation_t30_s"] != record["generation_t30_s"]


def test_signals_that_are_no_rooms_have_no_room_parameters() -> None:
    frame = build(generations_declaration(), metrics=metrics("sine")).frame
    assert frame[["target_t30_s", "generation_c50_db"]].isna().all(axis=None)


def test_a_generation_has_its_models_size_beside_its_signals() -> None:
    table = build(generations_declaration())
    record = table.frame.to_dict("records")[0]
    assert (record["parameters"], record["samples"]) == (16961, 512)
    assert "16961 / 512" in render_markdown(table)


def test_differences_of_room_parameters_are_those_of_the_metrics() -> None:
    record = build(generations_declaration()).frame.to_dict("records")[0]
    assert record["edt_difference_percent"] == -75
    assert record["c50_difference_db"] == -8.2
    assert record["t30_difference_percent"] != record["t30_difference_percent"]


@pytest.mark.parametrize(
    ("t30", "edt", "c50", "shown"),
    [
        (True, True, True, "T30, EDT, C50"),
        (False, False, True, "C50"),
        (True, False, False, "T30"),
        (False, False, False, "none"),
    ],
)
def test_the_room_parameters_that_a_listener_could_not_tell_apart_are_named(
    t30: bool, edt: bool, c50: bool, shown: str
) -> None:
    measured = metrics()
    measured["generation"] |= {"t30_within_jnd": t30, "edt_within_jnd": edt, "c50_within_jnd": c50}
    measured["generation"]["t30_difference_percent"] = 3.0
    table = build(generations_declaration(), metrics=measured)
    place = [column.key for column in table.columns].index("within_jnd")
    (row,) = [line for line in render_markdown(table).splitlines() if line.startswith("| Room ")]
    assert row.strip("| ").split(" | ")[place].strip() == shown
    assert any("5 %" in note and "1 dB" in note and "ISO 3382-1" in note for note in table.notes)


@pytest.mark.parametrize("missing", ["t30_difference_percent", "edt_difference_percent", "c50_difference_db"])
def test_a_room_of_which_a_parameter_could_not_be_measured_is_not_within_anything(missing: str) -> None:
    measured = metrics()
    measured["generation"] |= {f"{name}_within_jnd": True for name in ("t30", "edt", "c50")}
    measured["generation"] |= {"t30_difference_percent": 1.0, "edt_difference_percent": 1.0, "c50_difference_db": 0.1}
    measured["generation"][missing] = None
    assert build(generations_declaration(), metrics=measured).frame.loc[0, "within_jnd"] is None


def test_tones_are_judged_as_tones() -> None:
    measured = metrics("tone")
    measured["target"]["dominant_frequency_hz"] = 440.0
    measured["generation"] |= {
        "dominant_frequency_hz": 436.0,
        "last_half_level_db": -0.5,
        "sounding_states_percent": 87.5,
    }
    table = build(generations_declaration(), metrics=measured)
    assert "| 440 / 436 | −0.50 | 87.5 |" in render_markdown(table)
    assert any("judged as tones" in note for note in table.notes)
    assert not any("ISO 3382-1" in note for note in table.notes)


def test_the_generations_error_is_that_of_the_sound_next_to_the_median_of_the_states() -> None:
    record = build(generations_declaration()).frame.iloc[0]
    assert record["generation_power_percent"] == pytest.approx(105)
    assert record["median_power_percent"] == pytest.approx(100 * 9e-3 / 5.7e-3)


def test_signals_that_are_no_rooms_are_not_judged_as_rooms() -> None:
    record = build(generations_declaration(), metrics=metrics("sine")).frame.to_dict("records")[0]
    assert record["within_jnd"] is None
